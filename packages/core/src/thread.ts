import type { ClientContext } from './client_context.ts'
import { loadOnDemand } from './load_on_demand.ts'
import type { ActionName, ArgumentsOf } from './act.ts'
import { randomId } from './random.ts'
import type { Opened } from './reduce_session.ts'
import { toStorable } from './storable_text.ts'
import { createStore } from './store.ts'
import type { ThreadContext, TurnStart } from './thread_context.ts'
import { changed, newUserMessage, type Question, runningTurn, upsert } from './thread_state.ts'
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

  function start(how: TurnStart): Turn {
    context.activeTurnId = null
    return startTurn(context, how)
  }

  /** Shows a message as on its way, in place if it was there, and sends it. */
  function sendMessage(message: Question, rest: Abortable & { suggestionId?: string | undefined }): Turn {
    const { clientId, content: text, context: page } = message
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
        context: (client.getSnapshot() as Opened).assistant.pageContext ? page : undefined,
      }),
    })
  }

  /** An action of this thread, which is fetched first. */
  const onDemand =
    <Name extends ActionName>(name: Name) =>
    async (...args: ArgumentsOf<Name>): Promise<void> =>
      void (await (await loadOnDemand()).act(name, context, ...args))

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
        request: async () => (await loadOnDemand()).act('toRequest', context, how, before, name, args),
      }
      return start(how)
    }

  const thread: Thread = {
    getSnapshot: state,
    subscribe: store.subscribe,

    load: onDemand('load'),
    loadOlder: onDemand('loadOlder'),

    send(input, { id: clientId = randomId(), signal } = {}) {
      const given: { text: string; suggestionId?: string | undefined } =
        typeof input === 'string' ? { text: input } : input
      const text = toStorable('', given.text)
      if (runningTurn(state())) return refusedTurn(clientId, 'turn_in_progress')
      if (!text.trim()) return refusedTurn(clientId, 'text_required')
      return sendMessage(newUserMessage(clientId, text, client.timestamp(), client.context), { ...given, signal })
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
