import type { MessagePage, ThreadSummary } from '@loacl/wire'
import { untilAborted } from './abort.ts'
import { LoaclError } from './errors.ts'
import { randomUuid } from './random.ts'
import { createStore } from './store.ts'
import type { ThreadHost } from './thread_host.ts'
import { changed, mergeNewest, newUserMessage, prependOlder, withUserMessage } from './thread_state.ts'
import { refusedTurn, startTurn, type TurnedThread, type TurnStart } from './thread_turns.ts'
import type { Abortable, Message, Thread, ThreadState, Turn, TurnState } from './types.ts'

const PAGE_SIZE = 50

/** @param isStored whether `id` is the server's, not one made here */
export function createThread(host: ThreadHost, id: string, isStored: boolean, title: string | null): Thread {
  const store = createStore<ThreadState>({ id, title, messages: [], hasOlder: false, turn: { status: 'idle' } })
  const state = store.getSnapshot
  let cursor: string | null = null
  let older: Promise<void> | null = null
  /** A turn that runs or waits, and that nothing here follows. */
  let activeTurnId: string | null = null

  const turned: TurnedThread = {
    state,
    update: (change) => store.set(changed(state(), change)),
    serverId: isStored ? id : null,
    named(serverId) {
      turned.serverId = serverId
      host.named(thread, serverId)
      turned.update({ id: serverId })
    },
    lost: null,
  }
  const { update } = turned

  const runningTurn = (): Turn | null => {
    const { turn } = state()
    return 'turn' in turn ? turn.turn : null
  }

  const waitingTurnId = (): string | null => {
    const { turn } = state()
    return turn.status === 'waiting' ? turn.turnId : null
  }

  function start(how: TurnStart): Turn {
    activeTurnId = null
    return startTurn(host, turned, how)
  }

  /** Shows a message as on its way, in place if it was there, and sends it. */
  function sendMessage(clientId: string, text: string, rest: Abortable & { suggestionId?: string | undefined }): Turn {
    update({ messages: withUserMessage(state().messages, newUserMessage(clientId, text, host.timestamp())) })
    return start({
      id: clientId,
      clientId,
      ...rest,
      request: (threadId) => ({ type: 'message', assistantId: host.assistant, id: clientId, threadId, text }),
    })
  }

  function readPage(from: string | null, signal: AbortSignal | undefined): Promise<MessagePage> {
    const args = { thread_id: turned.serverId, cursor: from, page_size: PAGE_SIZE }
    return host.rpc<MessagePage>('list_messages', args, 'items', signal)
  }

  async function prepend(from: string): Promise<void> {
    const page = await readPage(from, undefined)
    cursor = page.nextCursor
    update({ messages: prependOlder(page, state().messages), hasOlder: cursor !== null })
  }

  async function callStored<T extends { id: string }>(name: string, what: object, { signal }: Abortable): Promise<T> {
    if (turned.serverId === null) throw new LoaclError('thread_not_found', 'This thread is still empty.')
    return await host.rpc<T>(name, { thread_id: turned.serverId, ...what }, 'id', signal)
  }

  const updateStored = (what: { title?: string; status?: 'archived' }, options: Abortable): Promise<ThreadSummary> =>
    callStored('update_thread', what, options)

  const thread: Thread = {
    getSnapshot: state,
    subscribe: store.subscribe,

    async load({ signal } = {}) {
      if (turned.serverId === null) return
      const page = await readPage(null, signal)
      cursor = page.nextCursor
      const running = runningTurn()
      activeTurnId = running ? null : page.activeTurnId
      update({
        ...(running ? {} : { turn: turnOf(page, state().turn) }),
        title: page.thread.title,
        messages: mergeNewest(page, state().messages, running !== null),
        hasOlder: cursor !== null,
      })
    },

    async loadOlder({ signal } = {}) {
      if (cursor === null) return
      older ??= prepend(cursor).finally(() => (older = null))
      await untilAborted(older, signal)
    },

    send(input, { id: clientId = randomUuid(), signal } = {}) {
      const { text, suggestionId = undefined } = typeof input === 'string' ? { text: input } : input
      if (runningTurn()) return refuseBusy(clientId)
      if (text.trim() === '') return refusedTurn(clientId, new LoaclError('text_required', 'The message is empty.'))
      return sendMessage(clientId, text, { signal, suggestionId })
    },

    retry({ signal } = {}) {
      const turnId = randomUuid()
      if (runningTurn()) return refuseBusy(turnId)
      const { lost, serverId } = turned
      const message = state().messages.findLast(isQuestion)
      if (message && message.status !== 'completed') return sendMessage(message.clientId, message.content, { signal })
      if (!message || serverId === null)
        return refusedTurn(turnId, new LoaclError('message_not_found', 'There is nothing to try again.'))
      const { clientId } = message
      if (lost?.clientId === clientId) return start({ id: turnId, clientId, signal, follow: lost.turnId })
      return start({
        id: turnId,
        clientId,
        signal,
        question: message,
        request: () => ({ type: 'retry', assistantId: host.assistant, id: clientId, threadId: serverId }),
      })
    },

    resume({ signal } = {}) {
      const turnId = activeTurnId ?? waitingTurnId()
      return turnId === null ? runningTurn() : start({ id: turnId, clientId: null, signal, follow: turnId })
    },

    stop() {
      const turnId = waitingTurnId()
      if (turnId === null) runningTurn()?.stop()
      else start({ id: turnId, clientId: null, follow: turnId, stops: true })
    },

    async rename(newTitle, options = {}) {
      const summary = await updateStored({ title: newTitle }, options)
      update({ title: summary.title })
      host.listed(summary.id, { title: summary.title }, false)
    },

    async archive(options = {}) {
      const summary = await updateStored({ status: 'archived' }, options)
      host.unlisted(summary.id)
    },

    async delete(options = {}) {
      host.unlisted((await callStored('delete_thread', {}, options)).id)
    },

    async restore(options = {}) {
      const summary = await callStored<ThreadSummary>('restore_thread', {}, options)
      host.listed(summary.id, summary, true)
    },

    async feedback(messageId, value, comment, { signal } = {}) {
      await host.rpc('set_feedback', { message_id: messageId, value, comment }, null, signal)
    },
  }
  return thread
}

/** A page shows whether a turn waits; of other states it says nothing. */
function turnOf({ activeTurnId, items }: MessagePage, turn: TurnState): TurnState {
  if (activeTurnId && items[0]?.status === 'waiting') return { status: 'waiting', turnId: activeTurnId }
  return turn.status === 'waiting' ? { status: 'idle' } : turn
}

const isQuestion = (message: Message): message is Message & { clientId: string } =>
  message.role === 'user' && message.clientId !== null

const refuseBusy = (id: string): Turn =>
  refusedTurn(id, new LoaclError('turn_in_progress', 'An answer is being written.'))
