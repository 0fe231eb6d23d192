import type { ChatTransport, UIMessage } from 'ai'
import { LoaclError } from '../errors.ts'
import { runningTurn } from '../thread_state.ts'
import type { FileOfMessage, LoaclClient, Thread, Turn } from '../types.ts'
import { answerCalls } from './answer_calls.ts'
import { chunkStreamOf, emptyStream } from './chunk_stream.ts'
import { inWords } from './error_words.ts'
import { findThread, leaveIfOver } from './find_thread.ts'
import { toUIMessage, type ChatMessage } from './ui_message.ts'
import { uploadParts } from './upload_parts.ts'

/**
 * What `useChat` of the Vercel AI SDK sends and resumes by. A chat's id, and those of its messages, are the page's own or
 * the ai package's: each names a conversation, or a message, of this visitor's. Only the last message is sent: what was
 * said before is on the server. Its files are uploaded first, and those that have an `url` of the server's, `loacl-file:<id>`, are
 * taken by their ids.
 *
 * `stop()` ends the turn on the server. `regenerate()` tries again what has failed, was stopped or was cut; where the answer
 * is complete it fails with `already_answered`. An error is a LoaclError, whose message is a sentence.
 *
 * @example
 * const chat = useChat<ChatMessage>({ id: chatId, messages, resume: true, transport: createChatTransport(client) })
 */
export function createChatTransport(client: LoaclClient): ChatTransport<ChatMessage> {
  /** A turn that was stopped in a thread, until the server has ended it: the next one waits for that. */
  const stopping = new WeakMap<Thread, Promise<unknown>>()
  /** By message, so that one that is sent again is not uploaded again. */
  const uploads = new Map<string, readonly FileOfMessage[]>()
  /** Of each chat, what its latest resume is aborted by. */
  const latestResume = new Map<string, AbortSignal | undefined>()

  const keep = (thread: Thread, turn: Turn) => void stopping.set(thread, turn.done)

  /** A resume is also aborted where the chat resumes again, as under React's Strict Mode: only a stop ends the turn. */
  function stopWhenAborted(chatId: string, thread: Thread, turn: Turn, signal: AbortSignal | undefined): void {
    const stop = () =>
      queueMicrotask(() => {
        if (latestResume.get(chatId) !== signal) return
        keep(thread, turn)
        turn.stop()
      })
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop)
  }

  async function submit(
    thread: Thread,
    messages: readonly ChatMessage[],
    signal: AbortSignal | undefined,
  ): Promise<Turn> {
    const message = messages.at(-1)
    if (message?.role !== 'user') throw new LoaclError('message_not_found')
    const files = uploads.get(message.id) ?? (await uploadParts(client, message, signal))
    uploads.set(message.id, files)
    return thread.send({ text: textOf(message), files }, { id: message.id, signal })
  }

  async function retry(
    thread: Thread,
    messages: readonly ChatMessage[],
    signal: AbortSignal | undefined,
  ): Promise<Turn> {
    if (thread.getSnapshot().messages.length === 0) await thread.load({ signal })
    const asked = messages.findLast(({ role }) => role === 'user')
    const questions = thread.getSnapshot().messages.filter(({ role }) => role === 'user')
    const at = questions.findIndex(({ id, clientId }) => asked?.id === id || asked?.id === clientId)
    // It failed before it was sent.
    if (at < 0) return submit(thread, messages, signal)
    if (at < questions.length - 1) throw new LoaclError('already_answered')
    return thread.retry({ signal })
  }

  return {
    // A turn's events come from its start.
    resumeStreamIsReplay: true,

    async sendMessages({ trigger, chatId, messages, abortSignal: signal }) {
      try {
        const thread = await findThread(client, chatId, { signal })
        await stopping.get(thread)
        const last = messages.at(-1)
        if (trigger === 'submit-message' && last?.role === 'assistant') {
          const turn = await answerCalls(thread, last, signal)
          return turn ? chunkStreamOf(turn, { told: last }) : emptyStream()
        }
        const turn =
          trigger === 'submit-message' ? await submit(thread, messages, signal) : await retry(thread, messages, signal)
        signal?.addEventListener('abort', () => keep(thread, turn))
        void leaveIfOver(client, chatId, turn)
        // `regenerate()` has taken the answer off the page.
        return chunkStreamOf(turn, { before: trigger === 'submit-message' ? undefined : completeAnswer(thread) })
      } catch (error) {
        // What `useChat` takes for its own stop, and for no error.
        throw signal?.aborted ? signal.reason : inWords(error)
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
        stopWhenAborted(chatId, thread, turn, signal)
        return chunkStreamOf(turn)
      } catch (error) {
        throw inWords(error)
      }
    },
  }
}

/** The latest message, where it is an answer that can't be tried again. */
function completeAnswer(thread: Thread): ChatMessage | undefined {
  const last = thread.getSnapshot().messages.at(-1)
  return last?.role === 'assistant' && last.status === 'completed' ? toUIMessage(last) : undefined
}

const textOf = ({ parts }: UIMessage): string => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
