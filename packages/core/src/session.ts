import type { IdentifyRequest, OpenedSession, Visitor } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import type { Edge } from './edge.ts'
import { LoaclError } from './errors.ts'
import { guarded } from './guarded.ts'
import { randomToken } from './random.ts'
import { delayBefore } from './reconnect.ts'
import type { SessionTokens } from './session_token.ts'
import type { Store } from './store.ts'
import { isCode, isSessionError } from './thread_host.ts'
import { createTransport, type Transport } from './transport.ts'
import type { ClientOptions, ClientState, Credential } from './types.ts'

/** Who the visitor is: opens, identifies and signs out, in step with the other tabs of the same browser. */
export interface Session {
  transport: Transport
  open(signal?: AbortSignal): Promise<void>
  /** Runs a call of the visitor's; where their session is no more, opens a fresh one before passing the error on. */
  run<T>(signal: AbortSignal | undefined, call: (token: string) => Promise<T>): Promise<T>
  identify(credential: Credential): Promise<void>
  signOut(): Promise<void>
  /** The visitor's data is gone at the server, and so are they here. */
  erased(): void
  /** Aborted when the visitor is let go of: another one has another. */
  lifetime(): AbortSignal
  dispose(): void
}

export interface SessionOptions {
  assistant: string
  auth: ClientOptions['auth'] | undefined
  edge: Edge
  tokens: SessionTokens
  store: Store<ClientState>
  /** The visitor is let go of: nothing of theirs may stay. */
  onForget: () => void
}

export function createSession({ assistant, auth, edge, tokens, store, onForget }: SessionOptions): Session {
  let accessToken: string | null = null
  const transport = createTransport(edge, () => accessToken)
  const disposal = new AbortController()
  let lifetime = new AbortController()
  let opening: Promise<void> | null = null
  let isWatching = false
  /** Of a request to identify that nobody has answered: sent again, it finds what it did. */
  let asked = { token: '', newToken: '' }

  /** @param isNobody the host says that nobody is signed in */
  async function openSession({ signal }: AbortController, isNobody?: boolean): Promise<OpenedSession> {
    const token = tokens.current()
    const call = (current: string) =>
      transport.rpc<OpenedSession>('open_session', { assistant_id: assistant }, 'assistant', current, [signal])
    try {
      return await call(token)
    } catch (error) {
      if (!isSessionError(error)) throw error
      if (isCode(error, 'session_locked') && !isNobody) {
        if (auth) throw error
        // Pages that have the user's access token go on with that session.
        tokens.detach()
      }
      await awaitReplacement(error, token, signal)
      tokens.replace(token)
      return await call(tokens.current())
    }
  }

  /** The tab that had a token replaced has the fresh one at once or, while the answer is on its way, soon. */
  async function awaitReplacement(error: unknown, token: string, signal: AbortSignal): Promise<void> {
    for (let tries = 1; isCode(error, 'session_replaced') && tokens.current() === token && tries < 4; tries++)
      await delayBefore(tries, signal)
  }

  const post = (path: string, body: object | undefined, token: string, at: AbortController): Promise<Response> =>
    guarded([at.signal], (signal) => transport.chat('POST', path, body, token, signal))

  /** Makes this device's session a person's. Its token, which somebody else may know, gives way to a fresh one. */
  async function bind(credential: Credential, at: AbortController): Promise<void> {
    const before = accessToken
    const token = tokens.current()
    if (asked.token !== token) asked = { token, newToken: randomToken() }
    const { newToken } = asked
    const body: IdentifyRequest = { assistantId: assistant, newToken }
    if ('identityToken' in credential) body.identityToken = credential.identityToken
    accessToken = 'accessToken' in credential ? credential.accessToken : null
    try {
      await post('identify', body, token, at)
      tokens.replace(token, newToken)
    } catch (error) {
      accessToken = before
      throw error
    }
  }

  /**
   * The same, on a device that another person may have left without signing out.
   * @returns the lifetime of who is here now
   */
  async function bindAfresh(credential: Credential, at: AbortController): Promise<AbortController> {
    const token = tokens.current()
    try {
      await bind(credential, at)
      return at
    } catch (error) {
      if (!isSessionError(error)) throw error
      await awaitReplacement(error, token, at.signal)
      const next = tokens.current() === token ? await leave() : at
      await bind(credential, next)
      return next
    }
  }

  /** Lets go of the visitor; whoever has `token` now is somebody else. */
  function forget(token?: string): AbortController {
    if (disposal.signal.aborted) throw disposedError()
    lifetime.abort(new LoaclError('aborted', 'The visitor has signed out.'))
    lifetime = new AbortController()
    accessToken = null
    onForget()
    if (token) tokens.replace(token)
    store.set({ status: 'idle' })
    return lifetime
  }

  /** The same at the server, too. */
  async function leave(): Promise<AbortController> {
    const token = tokens.current()
    const at = forget(token)
    await post('sign-out', undefined, token, at)
    return at
  }

  const show = (opened: OpenedSession): void => store.set({ ...opened, status: 'open', threads: opened.threads.items })

  /** @param known whose session it is by now; `undefined`: the host is asked, if it can be */
  async function load(at: AbortController, known?: Credential | null): Promise<void> {
    if (store.getSnapshot().status !== 'open') store.set({ status: 'opening' })
    let credential = known
    try {
      if (known === undefined && auth) credential = await guarded([at.signal], auth)
      if (credential === null) accessToken = null
      if (credential && credential !== known) at = await bindAfresh(credential, at)
      let opened = await openSession(at, credential === null)
      if (credential === null && opened.visitor.type === 'authenticated') {
        // The host knows nobody any more, and this device was not told.
        at = await leave()
        opened = await openSession(at)
      }
      show(opened)
    } catch (error) {
      // Signed out in the meantime: what waits for this goes on as whoever is here now.
      if (at !== lifetime) return await (opening ??= load(lifetime, credential))
      if (at.signal.aborted || !LoaclError.is(error)) throw error
      opening = null
      store.set({ status: 'failed', error })
      throw error
    }
  }

  async function open(signal?: AbortSignal): Promise<void> {
    if (disposal.signal.aborted) throw disposedError()
    if (!isWatching) tokens.watch(reopen, disposal.signal)
    isWatching = true
    opening ??= load(lifetime)
    await untilAborted(opening, signal)
  }

  /** Another tab has said who the visitor is, or has signed out. */
  function reopen(): void {
    const state = store.getSnapshot()
    if (state.status !== 'open') return
    // Nobody has asked for anything: where it fails, the next call meets the same, and says so.
    const reopened = follow(state.visitor, opening).catch(() => {
      if (opening === reopened) opening = null
    })
    opening = reopened
  }

  async function follow({ sessionId }: Visitor, before: Promise<void> | null): Promise<void> {
    await settled(before)
    const opened = await openSession(lifetime)
    const next = opened.visitor.sessionId
    if (!next || (sessionId && next !== sessionId)) forget()
    show(opened)
  }

  return {
    transport,
    open,
    async run(signal, call) {
      await open(signal)
      const opened = opening
      const token = tokens.current()
      try {
        return await call(token)
      } catch (error) {
        await awaitReplacement(error, token, lifetime.signal)
        // Who the visitor is may be changing right now.
        await settled(opening)
        // By another tab, or by `identify`: nothing has happened yet of what was asked.
        const isReplaced = tokens.current() !== token && LoaclError.is(error) && error.status !== undefined
        if (!isReplaced && !isSessionError(error) && !(auth && isCode(error, 'access_token_invalid'))) throw error
        if (!auth && !isCode(error, 'session_locked')) tokens.replace(token)
        if (opening === opened) opening = null
        await open(signal)
        // Nor has it where the host has renewed it.
        const state = store.getSnapshot()
        if (isReplaced || (auth && state.status === 'open' && state.visitor.type === 'authenticated'))
          return await call(tokens.current())
        throw error
      }
    },
    identify(credential) {
      const before = opening
      const identifying = (async () => {
        if (disposal.signal.aborted) throw disposedError()
        // If an opening under way fails, that is for its own callers.
        await settled(before)
        await load(await bindAfresh(credential, lifetime), credential)
      })()
      // Whoever calls in the meantime waits until it is known who they are, and goes on as they were where that fails.
      const identified = identifying.catch(() => {
        if (opening === identified) opening = null
        return open()
      })
      void settled(identified)
      opening = identified
      return identifying
    },
    async signOut() {
      opening = null
      await leave()
    },
    erased() {
      opening = null
      forget(tokens.current())
    },
    lifetime: () => lifetime.signal,
    dispose() {
      disposal.abort()
      lifetime.abort(disposedError())
    },
  }
}

const settled = (work: Promise<void> | null): Promise<void> | undefined => work?.catch(() => undefined)

const disposedError = () => new LoaclError('disposed', 'The client is disposed.')
