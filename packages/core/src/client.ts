import type { Page, ThreadSummary } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import { createEdge } from './edge.ts'
import { createFingerprint } from './fingerprint.ts'
import { randomUuid } from './random.ts'
import { createSession } from './session.ts'
import { createSessionTokens } from './session_token.ts'
import { createStore } from './store.ts'
import { createThread } from './thread.ts'
import type { ThreadHost } from './thread_host.ts'
import type { ClientOptions, ClientState, LoaclClient, Thread, VisitorExport } from './types.ts'

/**
 * A visitor's client to one assistant. It does no I/O until it is used.
 *
 * @throws LoaclError `options_invalid` where `url` is no address
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
  const tokens = createSessionTokens(`loacl:${edge.project}:${assistant}`, storage)
  const store = createStore<ClientState>({ status: 'idle' })
  const threads = new Map<string, Thread>()
  const fingerprint = createFingerprint(options.fingerprint)
  const session = createSession({ assistant, auth, edge, tokens, store, onForget: () => threads.clear() })
  const { transport, open, run } = session

  function setThreads(change: (threads: readonly ThreadSummary[]) => readonly ThreadSummary[]): void {
    const state = store.getSnapshot()
    if (state.status === 'open') session.setThreads(change(state.threads))
  }

  const host: ThreadHost = {
    assistant,
    timestamp: () => new Date(now()).toISOString(),
    ready: open,
    rpc: (name, args, member, signal) =>
      run(signal, (token) => transport.rpc(name, args, member, token, [session.lifetime(), signal])),
    chat: (method, path, body, signal) => run(signal, (token) => transport.chat(method, path, body, token, signal)),
    lifetime: session.lifetime,
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

  async function erase(token: string): Promise<void> {
    await transport.rpc('erase_visitor_data', {}, null, token, [session.lifetime()])
    session.erased(token)
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
    identify: session.identify,
    signOut: session.signOut,
    exportData: ({ signal } = {}) => host.rpc<VisitorExport>('export_visitor_data', {}, 'threads', signal),
    eraseData: ({ signal } = {}) => run(signal, (token) => untilAborted(erase(token), signal)),
    dispose() {
      session.dispose()
      threads.clear()
    },
  }
}
