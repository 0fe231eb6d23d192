import type { IdentifyRequest, OpenedSession, Page, ThreadSummary } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import { createEdge } from './edge.ts'
import { LoaclError } from './errors.ts'
import { createFingerprint } from './fingerprint.ts'
import { guarded } from './guarded.ts'
import { randomToken, randomUuid } from './random.ts'
import { createSessionTokens } from './session_token.ts'
import { createStore } from './store.ts'
import { createThread } from './thread.ts'
import { isAccessTokenError, isSessionError, type ThreadHost } from './thread_host.ts'
import { createTransport } from './transport.ts'
import type { ClientOptions, ClientState, Credential, LoaclClient, Thread, VisitorExport } from './types.ts'

/**
 * A visitor's client to one assistant. It does no I/O until it is used.
 *
 * @example
 * const client = createClient({
 *   url: 'https://abcdefghijkl.supabase.co',
 *   key: 'sb_publishable_…',
 *   assistant: '0b0f7d0c-5a2e-4f0e-9a51-3f6c2f1f8f11',
 * })
 * const answer = await client.threads.create().send('What are your opening hours?').text()
 *
 * @example With your page's own supabase-js client
 * const client = createClient({ supabase, assistant: '0b0f7d0c-5a2e-4f0e-9a51-3f6c2f1f8f11' })
 */
export function createClient(options: ClientOptions): LoaclClient {
  const { assistant, auth, now = Date.now, storage } = options
  const edge = createEdge(options)
  let accessToken: string | null = null
  const transport = createTransport(edge, () => accessToken)
  const tokens = createSessionTokens(`loacl:${edge.project}:${assistant}`, storage)
  const store = createStore<ClientState>({ status: 'idle' })
  const threads = new Map<string, Thread>()
  const fingerprint = createFingerprint(options.fingerprint)
  let lifetime = new AbortController()
  let opening: Promise<void> | null = null

  const openSession = async (signal: AbortSignal): Promise<OpenedSession> => {
    const token = tokens.current()
    const call = (current: string) =>
      transport.rpc<OpenedSession>('open_session', { assistant_id: assistant }, 'assistant', current, [signal])
    try {
      return await call(token)
    } catch (error) {
      if (!isSessionError(error)) throw error
      tokens.replace(token)
      return await call(tokens.current())
    }
  }

  const post = (path: string, body: object | undefined, token: string): Promise<Response> =>
    guarded([lifetime.signal], (signal) => transport.chat('POST', path, body, token, signal))

  /** Makes this device's session a person's. Its token, which somebody else may know, gives way to a fresh one. */
  async function bind(credential: Credential): Promise<void> {
    const before = accessToken
    const token = tokens.current()
    const newToken = randomToken()
    const body: IdentifyRequest = { assistantId: assistant, newToken }
    if ('identityToken' in credential) body.identityToken = credential.identityToken
    accessToken = 'accessToken' in credential ? credential.accessToken : null
    try {
      await post('identify', body, token)
      tokens.replace(token, newToken)
    } catch (error) {
      accessToken = before
      throw error
    }
  }

  /** The same, on a device that another person may have left without signing out. */
  async function bindAfresh(credential: Credential): Promise<void> {
    try {
      await bind(credential)
    } catch (error) {
      if (!isSessionError(error)) throw error
      await signOut()
      await bind(credential)
    }
  }

  /** Lets go of the visitor: nothing of theirs is left here. */
  function forget(): void {
    if (lifetime.signal.aborted) throw disposedError()
    lifetime.abort(new LoaclError('aborted', 'The visitor has signed out.'))
    lifetime = new AbortController()
    opening = null
    accessToken = null
    threads.clear()
    tokens.replace(tokens.current())
    store.set({ status: 'idle' })
  }

  async function signOut(): Promise<void> {
    const token = tokens.current()
    forget()
    await post('sign-out', undefined, token)
  }

  /** @param known whose session it is by now; `undefined`: the host is asked, if it can be */
  async function load({ signal }: AbortController, known?: Credential | null): Promise<void> {
    if (store.getSnapshot().status !== 'open') store.set({ status: 'opening' })
    try {
      const credential = known === undefined && auth ? await guarded([signal], auth) : known
      if (credential === null) accessToken = null
      if (credential && credential !== known) await bindAfresh(credential)
      const opened = lifetime.signal === signal ? await openSession(signal) : null
      // The host knows nobody any more, and this device was not told.
      if (credential === null && opened?.visitor.type === 'authenticated') await signOut()
      if (lifetime.signal !== signal) return await (opening ??= load(lifetime, credential))
      if (!opened || signal.aborted) return
      store.set({ ...opened, status: 'open', threads: opened.threads.items })
    } catch (error) {
      if (signal.aborted || !LoaclError.is(error)) throw error
      opening = null
      store.set({ status: 'failed', error })
      throw error
    }
  }

  async function open(signal?: AbortSignal): Promise<void> {
    if (lifetime.signal.aborted) throw disposedError()
    opening ??= load(lifetime)
    await untilAborted(opening, signal)
  }

  /** Runs a call of the visitor's; where their session is no more, opens a fresh one before passing the error on. */
  async function inSession<T>(signal: AbortSignal | undefined, call: (token: string) => Promise<T>): Promise<T> {
    await open(signal)
    const token = tokens.current()
    try {
      return await call(token)
    } catch (error) {
      if (!isSessionError(error) && !(auth && isAccessTokenError(error))) throw error
      if (!auth) tokens.replace(token)
      opening = null
      await open(signal)
      // Renewed by the host: nothing has happened yet of what was asked.
      if (auth && isAuthenticated()) return await call(tokens.current())
      throw error
    }
  }

  const isAuthenticated = (): boolean => {
    const state = store.getSnapshot()
    return state.status === 'open' && state.visitor.type === 'authenticated'
  }

  function setThreads(change: (threads: readonly ThreadSummary[]) => readonly ThreadSummary[]): void {
    const state = store.getSnapshot()
    if (state.status === 'open') store.set({ ...state, threads: change(state.threads) })
  }

  const host: ThreadHost = {
    assistant,
    timestamp: () => new Date(now()).toISOString(),
    ready: open,
    rpc: (name, args, member, signal) =>
      inSession(signal, (token) => transport.rpc(name, args, member, token, [lifetime.signal, signal])),
    chat: (method, path, body, signal) =>
      inSession(signal, (token) => transport.chat(method, path, body, token, signal)),
    lifetime: () => lifetime.signal,
    async signals() {
      const state = store.getSnapshot()
      return state.status === 'open' && state.assistant.fingerprint ? await fingerprint() : {}
    },
    named: (thread, id) => void threads.set(id, thread),
    listed: (id, change, isNewest) =>
      setThreads((known) => {
        const old = known.find((summary) => summary.id === id)
        const at = host.timestamp()
        const next = { id, title: null, status: 'active' as const, createdAt: at, lastMessageAt: at, ...old, ...change }
        if (old && !isNewest) return known.with(known.indexOf(old), next)
        return isNewest ? [next, ...known.filter((summary) => summary !== old)] : known
      }),
    unlisted: (id) => setThreads((known) => known.filter((summary) => summary.id !== id)),
  }

  function threadOf(id: string, isStored: boolean): Thread {
    const state = store.getSnapshot()
    const summary = state.status === 'open' ? state.threads.find((known) => known.id === id) : undefined
    const thread = threads.get(id) ?? createThread(host, id, isStored, summary?.title ?? null)
    threads.set(id, thread)
    return thread
  }

  return {
    assistant,
    project: edge.project,
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    open: ({ signal } = {}) => open(signal),
    threads: {
      async list({ signal, cursor, search, archived = false } = {}) {
        const args = { assistant_id: assistant, cursor, search, archived }
        const page = await host.rpc<Page<ThreadSummary>>('list_threads', args, 'items', signal)
        if (!cursor && !search && !archived) setThreads(() => page.items)
        return page
      },
      get: (id) => threadOf(id, true),
      create: () => threadOf(randomUuid(), false),
    },
    async identify(credential) {
      if (lifetime.signal.aborted) throw disposedError()
      // What is under way fails, or not, for those who wait for it.
      await opening?.catch(() => undefined)
      await bindAfresh(credential)
      await (opening = load(lifetime, credential))
    },
    signOut,
    exportData: ({ signal } = {}) => host.rpc<VisitorExport>('export_visitor_data', {}, 'threads', signal),
    async eraseData() {
      await host.rpc('erase_visitor_data', {}, null, undefined)
      forget()
    },
    dispose() {
      lifetime.abort(disposedError())
      threads.clear()
    },
  }
}

const disposedError = () => new LoaclError('disposed', 'The client is disposed.')
