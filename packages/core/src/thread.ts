import { MAX_FILES } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import { laterOf } from './load_on_demand.ts'
import { randomId } from './random.ts'
import type { Opened } from './reduce_session.ts'
import { toStorable } from './storable_text.ts'
import { createStore } from './store.ts'
import type { ThreadContext, TurnStart } from './thread_context.ts'
import { changed, fileIdsOf, newUserMessage, type Question, runningTurn, upsert } from './thread_state.ts'
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
    cursor: null,
    activeTurnId: null,
    update: (change) => store.set(changed(state(), change)),
    serverId: isStored ? id : null,
    setServerId(serverId) {
      context.serverId = serverId
      client.threads.set(serverId, thread)
      context.update({ id: serverId })
    },
  }
  const { update } = context
  const assistant = () => (client.getSnapshot() as Partial<Opened>).assistant

  function start(how: TurnStart): Turn {
    context.activeTurnId = null
    return startTurn(context, how)
  }

  /** Shows a message as on its way, in place if it was there, and sends it. */
  function sendMessage(message: Question, rest: Abortable & { suggestionId?: string | undefined }): Turn {
    const { clientId, content: text, context: page, parts } = message
    update({ messages: upsert(state().messages, message, (other) => other.clientId === clientId) })
    return start({
      ...rest,
      id: clientId,
      clientId,
      request: (threadId) => ({
        type: 'message',
        id: clientId,
        assistantId: client.assistant,
        clientThreadId: id,
        threadId,
        text,
        files: fileIdsOf(parts),
        context: assistant()!.pageContext ? page : undefined,
      }),
    })
  }

  const onDemand = laterOf(context)

  /** A turn whose request is made by what is fetched first. */
  const later =
    <Name extends LaterTurn>(name: Name) =>
    (...args: Parameters<Thread[Name]>): Turn => {
      const { turn: before } = state()
      const turnId = randomId()
      if (runningTurn(state())) return refusedTurn(turnId, 'turn_in_progress')
      const how: TurnStart = {
        id: turnId,
        clientId: null,
        signal: (args.at(-1) as Abortable | undefined)?.signal,
        request: () => onDemand('toRequest')(how, before, name, args),
      }
      return start(how)
    }

  const thread: Thread = {
    getSnapshot: state,
    subscribe: store.subscribe,

    load: onDemand('load'),
    loadOlder: onDemand('loadOlder'),

    send(input, { id: clientId = randomId(), signal } = {}) {
      const given = typeof input === 'string' ? { text: input } : input
      const text = toStorable('', given.text)
      const { files = [] } = given
      if (runningTurn(state())) return refusedTurn(clientId, 'turn_in_progress')
      if (!text.trim() && !files[0]) return refusedTurn(clientId, 'text_required')
      if (files.length > (assistant()?.files?.maxFiles ?? MAX_FILES)) return refusedTurn(clientId, 'too_many_files')
      return sendMessage(newUserMessage(clientId, text, client.timestamp(), client.context, files), {
        ...given,
        signal,
      })
    },

    retry(options = {}) {
      const message = state().messages.findLast((known): known is Question => !!known.clientId)
      if (context.activeTurnId !== null) return thread.resume(options)!
      return message?.status === 'failed' && !runningTurn(state())
        ? sendMessage({ ...message, status: 'sending', errorCode: null }, options)
        : later('retry')(options)
    },
    edit: later('edit'),
    regenerate: later('regenerate'),
    continue: later('continue'),
    select: onDemand('select'),

    resume({ signal } = {}) {
      if (context.activeTurnId === null) return runningTurn(state()) ?? null
      return start({
        id: context.activeTurnId,
        clientId: null,
        signal,
        follow: context.activeTurnId,
        begun: context.begun,
      })
    },

    stop: () => thread.resume()?.stop(),

    rename: onDemand('rename'),
    archive: onDemand('archive'),
    delete: onDemand('delete'),
    restore: onDemand('restore'),
    feedback: onDemand('feedback'),
    approve: onDemand('approve'),
    deny: onDemand('deny'),
  }
  return thread
}
