import type { ClientContext, RegisteredTool, WithClient } from './client_context.ts'
import { laterOf, loadOnDemand, settled } from './load_on_demand.ts'
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
  const tools = new Set<RegisteredTool>()
  const session = createSession({ assistant, auth, project, tokens, onDrop: () => threads.clear() })
  /** What an open session has. */
  const opened = () => session.visitor.getSnapshot() as Partial<Opened>

  const client: ClientContext = {
    ...session,
    ...session.visitor,
    options,
    assistant,
    threads,
    tools,
    timestamp: () => new Date(now()).toJSON(),
    signals: async () =>
      opened().assistant?.fingerprint &&
      options.fingerprint &&
      // A message is sent without a fingerprint rather than not at all.
      settled(
        withTimeout(
          [],
          async () => (await loadOnDemand()).readFingerprint(options.fingerprint!),
          FINGERPRINT_TIMEOUT_MS,
        ),
      ),
    upsertSummary: (id, change, isNewest) =>
      session.dispatch('threads_changed', (known) => {
        const old = known.find((summary) => summary.id === id)
        const at = client.timestamp()
        const next = { id, title: null, status: 'active' as const, createdAt: at, lastMessageAt: at, ...old, ...change }
        if (isNewest) return [next, ...known.filter((summary) => summary !== old)]
        return known.map((summary) => (summary === old ? next : summary))
      }),
  }

  function threadOf(id: string, isStored: boolean): Thread {
    const summary = opened().threads?.find((known) => known.id === id)
    const thread = threads.get(id) ?? createThread(client, id, isStored, summary?.title)
    threads.set(id, thread)
    return thread
  }

  const later = laterOf(client)

  const api: LoaclClient & WithClient = {
    ...session.visitor,
    assistant,
    client,
    project: project.host,
    threads: {
      ...later('list'),
      get: (id) => threadOf(id, true),
      create: ({ id = randomId() } = {}) => threadOf(id, false),
    },
    files: later('upload', 'link', 'remove'),
    ...later('setContext', 'exportData', 'eraseData'),
    registerTool(...tool) {
      tools.add(tool)
      return () => void tools.delete(tool)
    },
  }
  return api
}
