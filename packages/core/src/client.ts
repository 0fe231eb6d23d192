import type { ClientContext, WithClient } from './client_context.ts'
import { LoaclError } from './errors.ts'
import { loadOnDemand } from './load_on_demand.ts'
import { createProjectClient } from './project_client.ts'
import { randomId } from './random.ts'
import type { Opened } from './reduce_session.ts'
import { createSession } from './session.ts'
import { createSessionTokens } from './session_token.ts'
import { createThread } from './thread.ts'
import { withTimeout } from './timeout.ts'
import type { ClientOptions, LoaclClient, Thread } from './types.ts'

/** How long a turn waits for a fingerprint. */
const FINGERPRINT_TIMEOUT_MS = 1000

/**
 * A visitor's client to one assistant. It does no I/O until it is used.
 *
 * @throws LoaclError `options_invalid` where `url` is no address, `assistant` or `key` is missing, or `key` is a secret one
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
  const project = createProjectClient(options)
  const tokens = createSessionTokens(`loacl:${project.host}:${assistant}`, storage)
  const threads = new Map<string, Thread>()
  const session = createSession({
    assistant,
    auth,
    project,
    tokens,
    onDrop: () => {
      threads.clear()
      client.context = null
    },
  })
  const { getSnapshot, subscribe, open, identify, signOut, changeThreads } = session

  const client: ClientContext = {
    ...session,
    assistant,
    threads,
    timestamp: () => new Date(now()).toISOString(),
    async signals() {
      const ask = (getSnapshot() as Partial<Opened>).assistant?.fingerprint && options.fingerprint
      if (!ask) return
      const reading = async () => (await loadOnDemand()).readFingerprint(ask)
      // A message is sent without a fingerprint rather than not at all.
      return await withTimeout([], reading, FINGERPRINT_TIMEOUT_MS).catch(() => undefined)
    },
    upsertSummary: (id, change, isNewest) =>
      changeThreads((known) => {
        const old = known.find((summary) => summary.id === id)
        const at = client.timestamp()
        const next = { id, title: null, status: 'active' as const, createdAt: at, lastMessageAt: at, ...old, ...change }
        if (isNewest) return [next, ...known.filter((summary) => summary !== old)]
        return known.map((summary) => (summary === old ? next : summary))
      }),
  }

  function threadOf(id: string, isStored: boolean): Thread {
    const summary = (getSnapshot() as Partial<Opened>).threads?.find((known) => known.id === id)
    const thread = threads.get(id) ?? createThread(client, id, isStored, summary?.title ?? null)
    threads.set(id, thread)
    return thread
  }

  const api: LoaclClient & WithClient = {
    assistant,
    client,
    project: project.host,
    getSnapshot,
    subscribe,
    open,
    threads: {
      list: async (filter) => (await loadOnDemand()).listThreads(client, filter),
      get: (id) => threadOf(id, true),
      create: ({ id = randomId() } = {}) => threadOf(id, false),
    },
    identify,
    signOut,
    setContext(context, how) {
      const text = JSON.stringify(context, (name, value) =>
        name === 'url' && value && !how?.keepQuery ? `${value}`.replace(/[?#].*/s, '') : value,
      )
      if (!/^[{n]/.test(text) || new Blob([text]).size > 4096)
        throw new LoaclError('options_invalid', 'Wrong "context".')
      client.context = JSON.parse(text)
    },
    exportData: async (abortable) => (await loadOnDemand()).exportData(client, abortable),
    eraseData: async (abortable) => (await loadOnDemand()).eraseData(client, abortable),
    dispose() {
      session.dispose()
      threads.clear()
    },
  }
  return api
}
