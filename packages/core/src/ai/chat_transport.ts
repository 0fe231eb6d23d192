import type { ChatTransport } from 'ai'
import { LoaclError } from '../errors.ts'
import { runningTurn } from '../thread_state.ts'
import type { LoaclClient, Thread, Turn } from '../types.ts'
import { answerCalls } from './answer_calls.ts'
import { edit, regenerate, textOf } from './asked_again.ts'
import { type Answer, chunkStreamOf } from './chunk_stream.ts'
import { inWords } from './error_words.ts'
import { findThread, leaveIfOver } from './find_thread.ts'
import type { ChatMessage } from './ui_message.ts'

type Asked = Parameters<ChatTransport<ChatMessage>['sendMessages']>[0]

/**
 * What `useChat` of the Vercel AI SDK sends and resumes by. A chat's id, and those of its messages, are the page's own or
 * the ai package's: each names a conversation, or a message, of this visitor's. Only the last message is sent: what was
 * said before is on the server. Of an answer, nothing is sent but what was said about calls that wait.
 *
 * `stop()` ends the turn on the server. `regenerate()` makes another answer beside one that is complete, and tries again what
 * has failed, was stopped or was cut. `sendMessage` with a `messageId` edits. An error is a LoaclError, whose message is a
 * sentence.
 *
 * @example
 * const chat = useChat<ChatMessage>({ id: chatId, messages, resume: true, transport: createChatTransport(client) })
 */
export function createChatTransport(client: LoaclClient): ChatTransport<ChatMessage> {
  /** A turn that was stopped in a thread, until the server has ended it: the next one waits for that. */
  const stopping = new WeakMap<Thread, Promise<unknown>>()
  /** Of each chat, what its latest resume is aborted by. */
  const latestResume = new Map<string, AbortSignal | undefined>()

  /** Ends the turn that runs or waits. */
  function stop(thread: Thread): void {
    const turn = thread.resume()
    if (!turn) return
    stopping.set(thread, turn.done)
    turn.stop()
  }

  /** A resume is also aborted where the chat resumes again, as under React's Strict Mode: only a stop ends the turn. */
  function stopWhenAborted(chatId: string, thread: Thread, signal: AbortSignal | undefined): void {
    const stopIfLatest = () => queueMicrotask(() => latestResume.get(chatId) === signal && stop(thread))
    if (signal?.aborted) stopIfLatest()
    signal?.addEventListener('abort', stopIfLatest)
  }

  return {
    // A turn's events come from its start.
    resumeStreamIsReplay: true,

    async sendMessages(asked) {
      const { chatId, abortSignal: signal } = asked
      try {
        const thread = await findThread(client, chatId, { signal })
        await stopping.get(thread)
        const answer = await begin(client, thread, asked)
        signal?.addEventListener('abort', () => stop(thread))
        if (answer.turn) void leaveIfOver(client, chatId, answer.turn)
        return chunkStreamOf({ client, thread, signal, ...answer })
      } catch (error) {
        throw inWords(error)
      }
    },

    async reconnectToStream({ chatId, abortSignal: signal }) {
      latestResume.set(chatId, signal)
      try {
        const thread = await findThread(client, chatId, {})
        if (!runningTurn(thread.getSnapshot())) await thread.load()
        if (signal?.aborted && latestResume.get(chatId) !== signal) return null
        const turn = thread.resume()
        if (!turn) return null
        stopWhenAborted(chatId, thread, signal)
        return chunkStreamOf({ client, thread, signal, turn })
      } catch (error) {
        throw inWords(error)
      }
    },
  }
}

async function begin(
  client: LoaclClient,
  thread: Thread,
  { trigger, messages, messageId, abortSignal: signal }: Asked,
): Promise<Answer> {
  const last = messages.findLast(({ role }) => role === 'user')
  if (trigger === 'submit-message') {
    const told = messages.find(({ id }) => id === messageId) ?? messages.at(-1)
    if (told?.role === 'assistant') return { turn: await answerCalls(client, thread, told, signal), told }
  }
  if (!last) throw new LoaclError('message_not_found')
  const sendLast = () => send(thread, last, signal)
  if (trigger === 'regenerate-message') return await regenerate(thread, last, messageId, sendLast, signal)
  return messageId === undefined ? { turn: sendLast() } : await edit(thread, messageId, last, signal)
}

function send(thread: Thread, message: ChatMessage, signal: AbortSignal | undefined): Turn {
  if (message.parts.some(({ type }) => type === 'file')) throw new LoaclError('invalid_body')
  return thread.send(textOf(message), { id: message.id, signal })
}
