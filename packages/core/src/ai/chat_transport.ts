import type { ChatTransport } from 'ai'
import { LoaclError } from '../errors.ts'
import { runningTurn } from '../thread_state.ts'
import type { LoaclClient, Thread } from '../types.ts'
import { answerCalls } from './answer_calls.ts'
import { ask, edit, regenerate } from './asked_again.ts'
import { type Answer, chunkStreamOf } from './chunk_stream.ts'
import { inWords } from './error_words.ts'
import { findThread, leaveIfOver, waitsAsGiven } from './find_thread.ts'
import type { ChatMessage } from './ui_message.ts'
import { createUploads, type Uploads } from './upload_parts.ts'

type Asked = Parameters<ChatTransport<ChatMessage>['sendMessages']>[0]

/**
 * What `useChat` of the Vercel AI SDK sends and resumes by. A chat's id, and those of its messages, are the page's own or
 * the ai package's: each names a conversation, or a message, of this visitor's. Only the last message is sent: what was
 * said before is on the server. Its files are uploaded first, and those that have an `url` of the server's, `loacl-file:<id>`, are
 * taken by their ids. Of an answer, nothing is sent but what was said about calls that wait.
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
  const uploads = createUploads(client)
  /** Of each chat, its latest resume, and what was sent last. */
  const latestResume = new Map<string, object>()
  const latestSent = new Map<string, object>()

  /** Ends the turn that runs or waits. */
  function stop(thread: Thread): void {
    const turn = thread.resume()
    if (!turn) return
    stopping.set(thread, turn.done)
    turn.stop()
  }

  /** A resume is also aborted where the chat resumes again, as under React's Strict Mode: only a stop ends the turn. */
  function stopWhenAborted(isLatest: () => boolean, thread: Thread, signal: AbortSignal | undefined): void {
    const stopIfLatest = () => queueMicrotask(() => isLatest() && stop(thread))
    if (signal?.aborted) stopIfLatest()
    signal?.addEventListener('abort', stopIfLatest)
  }

  return {
    // A turn's events come from its start.
    resumeStreamIsReplay: true,

    async sendMessages(asked) {
      const { chatId, abortSignal: signal } = asked
      latestSent.set(chatId, asked)
      try {
        const thread = await findThread(client, chatId, { signal })
        await stopping.get(thread)
        const answer = await begin(client, thread, uploads, asked)
        signal?.addEventListener('abort', () => stop(thread))
        if (answer.turn) void leaveIfOver(client, chatId, answer.turn)
        return chunkStreamOf({ client, thread, signal, ...answer })
      } catch (error) {
        // What `useChat` takes for its own stop, and for no error.
        throw signal?.aborted ? signal.reason : inWords(error)
      }
    },

    async reconnectToStream({ chatId, abortSignal: signal }) {
      const resume = {}
      latestResume.set(chatId, resume)
      const isLatest = () => latestResume.get(chatId) === resume
      const sentBefore = latestSent.get(chatId)
      try {
        const thread = await findThread(client, chatId, {})
        if (!runningTurn(thread.getSnapshot())) await thread.load()
        // It would show the answer as it was before what was said since, or take back what the visitor says meanwhile.
        if (!isLatest() || latestSent.get(chatId) !== sentBefore || waitsAsGiven(client, thread)) return null
        const turn = thread.resume()
        if (!turn) return null
        stopWhenAborted(isLatest, thread, signal)
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
  uploads: Uploads,
  { trigger, messages, messageId, abortSignal: signal }: Asked,
): Promise<Answer> {
  if (trigger === 'submit-message') {
    const told = messages.find(({ id }) => id === messageId) ?? messages.at(-1)
    if (told?.role === 'assistant') return { turn: await answerCalls(client, thread, told, signal), told }
  }
  const message = messages.findLast(({ role }) => role === 'user')
  if (!message) throw new LoaclError('message_not_found')
  const question = { message, files: () => uploads(message, signal), signal }
  if (trigger === 'regenerate-message') return await regenerate(thread, messageId, question)
  return messageId === undefined ? await ask(thread, question) : await edit(thread, messageId, question)
}
