import { MAX_FILES } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import { laterOf } from './load_on_demand.ts'
import { randomId } from './random.ts'
import type { Opened } from './reduce_session.ts'
import { toStorable } from './storable_text.ts'
import { createStore } from './store.ts'
import type { ThreadContext, TurnStart } from './thread_context.ts'
import { changed, fileIdsOf, newUserMessage, runningTurn, upsert } from './thread_state.ts'
import { refusedTurn } from './turn_log.ts'
import { startTurn } from './turn_run.ts'
import type { Abortable, Thread, ThreadState, Turn } from './types.ts'

/** Turns that are fetched when they are first asked for. */
type LaterTurn = 'retry' | 'edit' | 'regenerate' | 'continue'

/** @param isStored whether `id` is the server's, not one made here */
export function createThread(
  client: ClientContext,
  id: string,
  isStored: boolean,
  title: string | null = null,
): Thread {
  const store = createStore<ThreadState>({ id, title, messages: [], hasOlder: false, turn: { status: 'idle' } })
  const state = store.getSnapshot

  const context: ThreadContext = {
    client,
    state,
    listeners: store.listeners,
    update: (change) => store.set(changed(state(), change)),
    serverId: isStored ? id : null,
    ask:
      ({ clientId, content: text, context: page, parts }) =>
      (threadId) => ({
        type: 'message',
        id: clientId,
        assistantId: client.assistant,
        clientThreadId: id,
        threadId,
        text,
        files: fileIdsOf(parts),
        context: assistant()!.pageContext ? page : undefined,
      }),
    setServerId(serverId) {
      context.serverId = serverId
      client.threads.set(serverId, thread)
      context.update({ id: serverId })
    },
  }
  const { update } = context
  const assistant = () => (client.getSnapshot() as Partial<Opened>).assistant

  function start(how: TurnStart, messages = state().messages): Turn {
    if (runningTurn(state())) return refusedTurn(how.id, 'turn_in_progress')
    update({ messages })
    context.activeTurnId = null
    return startTurn(context, how)
  }

  const later = laterOf(context)

  /** A turn whose request is made by what is fetched first. */
  const laterTurn =
    <Name extends LaterTurn>(name: Name) =>
    (...args: Parameters<Thread[Name]>): Turn => {
      const { turn: before } = state()
      const turnId = randomId()
      const how: TurnStart = {
        id: turnId,
        signal: (args.at(-1) as Abortable | undefined)?.signal,
        request: () => later('toRequest').toRequest(how, before, name, args),
      }
      return start(how)
    }

  const thread: Thread = {
    getSnapshot: state,
    subscribe: store.subscribe,
    ...later('load', 'loadOlder', 'select', 'rename', 'archive', 'delete', 'restore', 'feedback', 'approve', 'deny'),

    send(input, { id: clientId = randomId(), signal } = {}) {
      const given: Exclude<typeof input, string> = typeof input === 'string' ? { text: input } : input
      const text = toStorable('', given.text)
      const files = given.files ?? []
      if (!text.trim() && !files[0]) return refusedTurn(clientId, 'text_required')
      if (files.length > (assistant()?.files?.maxFiles ?? MAX_FILES)) return refusedTurn(clientId, 'too_many_files')
      const message = newUserMessage(clientId, text, client.timestamp(), client.context, files)
      const how = { ...given, signal, id: clientId, clientId, request: context.ask(message) }
      return start(
        how,
        upsert(state().messages, message, (other) => other.clientId === clientId),
      )
    },

    retry: (options) => (context.activeTurnId ? thread.resume(options)! : laterTurn('retry')(options)),
    edit: laterTurn('edit'),
    regenerate: laterTurn('regenerate'),
    continue: laterTurn('continue'),

    resume({ signal } = {}) {
      if (!context.activeTurnId) return runningTurn(state()) ?? null
      return start({
        id: context.activeTurnId,
        signal,
        follow: context.activeTurnId,
        begun: context.begun,
      })
    },

    stop: () => thread.resume()?.stop(),
  }
  return thread
}
