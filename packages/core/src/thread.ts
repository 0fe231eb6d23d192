import type { ClientContext } from './client_context.ts'
import { loadOnDemand } from './load_on_demand.ts'
import type * as OnDemand from './on_demand.ts'
import { randomId } from './random.ts'
import { toStorable } from './storable_text.ts'
import { createStore } from './store.ts'
import type { ThreadContext, TurnStart } from './thread_context.ts'
import { changed, newUserMessage, runningTurn, upsert } from './thread_state.ts'
import { refusedTurn } from './turn_log.ts'
import { startTurn } from './turn_run.ts'
import type { Abortable, Message, Thread, ThreadState, Turn } from './types.ts'

type ThreadAction =
  | 'loadThread'
  | 'loadOlder'
  | 'renameThread'
  | 'archiveThread'
  | 'deleteThread'
  | 'restoreThread'
  | 'setFeedback'
type ArgumentsOf<Name extends ThreadAction> =
  Parameters<(typeof OnDemand)[Name]> extends [ThreadContext, ...infer Rest] ? Rest : never
type Actions = { readonly [Name in ThreadAction]: (thread: ThreadContext, ...args: ArgumentsOf<Name>) => Promise<void> }

/** @param isStored whether `id` is the server's, not one made here */
export function createThread(client: ClientContext, id: string, isStored: boolean, title: string | null): Thread {
  const store = createStore<ThreadState>({ id, title, messages: [], hasOlder: false, turn: { status: 'idle' } })
  const state = store.getSnapshot

  const context: ThreadContext = {
    client,
    state,
    isWatched: store.isWatched,
    cursor: null,
    activeTurnId: null,
    update: (change) => store.set(changed(state(), change)),
    serverId: isStored ? id : null,
    setServerId(serverId) {
      context.serverId = serverId
      client.threads.set(serverId, thread)
      context.update({ id: serverId })
    },
    lostTurn: null,
  }
  const { update } = context

  function start(how: TurnStart): Turn {
    context.activeTurnId = null
    return startTurn(context, how)
  }

  /** Shows a message as on its way, in place if it was there, and sends it. */
  function sendMessage(clientId: string, text: string, rest: Abortable & { suggestionId?: string | undefined }): Turn {
    const message = newUserMessage(clientId, text, client.timestamp())
    update({ messages: upsert(state().messages, message, (other) => other.clientId === clientId) })
    return start({
      id: clientId,
      clientId,
      ...rest,
      request: (threadId) => ({
        type: 'message',
        assistantId: client.assistant,
        id: clientId,
        clientThreadId: id,
        threadId,
        text,
      }),
    })
  }

  /** An action of this thread, which is fetched first. */
  const onDemand =
    <Name extends ThreadAction>(name: Name) =>
    async (...args: ArgumentsOf<Name>): Promise<void> => {
      const actions: Actions = await loadOnDemand()
      await actions[name](context, ...args)
    }

  const thread: Thread = {
    getSnapshot: state,
    subscribe: store.subscribe,

    load: onDemand('loadThread'),
    loadOlder: onDemand('loadOlder'),

    send(input, { id: clientId = randomId(), signal } = {}) {
      const given: { text: string; suggestionId?: string | undefined } =
        typeof input === 'string' ? { text: input } : input
      const text = toStorable('', given.text)
      if (runningTurn(state())) return refusedTurn(clientId, 'turn_in_progress')
      if (text.trim() === '') return refusedTurn(clientId, 'text_required')
      return sendMessage(clientId, text, { ...given, signal })
    },

    retry({ signal } = {}) {
      const turnId = randomId()
      if (runningTurn(state())) return refusedTurn(turnId, 'turn_in_progress')
      const { lostTurn, serverId } = context
      const { messages } = state()
      const last = messages.at(-1)
      const message = messages.findLast(isQuestion)
      if (last?.status === 'completed' && last !== message) return refusedTurn(turnId, 'already_answered')
      if (message && message.status !== 'completed') return sendMessage(message.clientId, message.content, { signal })
      if (!message || serverId === null) return refusedTurn(turnId, 'message_not_found')
      const { clientId } = message
      const request = () =>
        ({ type: 'retry', assistantId: client.assistant, id: clientId, threadId: serverId }) as const
      return start({
        id: turnId,
        clientId,
        signal,
        ...(lostTurn?.clientId === clientId ? { follow: lostTurn.turnId } : { question: message, request }),
      })
    },

    resume({ signal } = {}) {
      if (context.activeTurnId === null) return runningTurn(state()) ?? null
      return start({ id: context.activeTurnId, clientId: null, signal, follow: context.activeTurnId })
    },

    stop: () => thread.resume()?.stop(),

    rename: onDemand('renameThread'),
    archive: onDemand('archiveThread'),
    delete: onDemand('deleteThread'),
    restore: onDemand('restoreThread'),
    feedback: onDemand('setFeedback'),
  }
  return thread
}

const isQuestion = (message: Message): message is Message & { clientId: string } => message.clientId !== null
