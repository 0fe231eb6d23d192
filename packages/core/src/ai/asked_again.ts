import { LoaclError } from '../errors.ts'
import { toStorable } from '../storable_text.ts'
import type { FileOfMessage, Message, Thread, Turn } from '../types.ts'
import type { Answer } from './chunk_stream.ts'
import type { ChatMessage } from './ui_message.ts'
import { filePartsOf } from './upload_parts.ts'

/** What the page has of a question. `files` uploads those of its parts. */
export interface Question {
  message: ChatMessage
  files: () => Promise<readonly FileOfMessage[]>
  signal: AbortSignal | undefined
}

const textOf = ({ parts }: Pick<ChatMessage, 'parts'>): string =>
  toStorable('', parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))

/** By thread: under which id it has the question that the page has under this one. An edited one is another there. */
const questions = new WeakMap<Thread, Map<string, string>>()

function findQuestion(thread: Thread, pageId: string): Message | undefined {
  const { messages } = thread.getSnapshot()
  const edited = questions.get(thread)?.get(pageId)
  const find = (named: string | undefined) =>
    messages.find(({ role, id, clientId }) => role === 'user' && (id === named || clientId === named))
  return (edited !== undefined && find(edited)) || find(pageId)
}

/** Once an edited question is at the server, remembers under which id. */
async function remember(thread: Thread, pageId: string, turn: Turn): Promise<void> {
  const { message } = await turn.done
  const { messages } = thread.getSnapshot()
  const question = messages[messages.findIndex(({ id }) => id === message?.id) - 1]
  if (question?.role !== 'user') return
  const known = questions.get(thread) ?? new Map<string, string>()
  questions.set(thread, known.set(pageId, question.id))
}

const loadNew = async (thread: Thread, signal: AbortSignal | undefined): Promise<void> => {
  if (thread.getSnapshot().messages.length === 0) await thread.load({ signal })
}

/** Whether the server has a question as the page has it. */
const isAsStored = (message: ChatMessage, { content, parts }: Message): boolean =>
  textOf(message) === content && filePartsOf(message).length === parts.filter(({ type }) => type === 'file').length

/** Sends a question that the server does not have. */
export async function ask(thread: Thread, { message, files, signal }: Question): Promise<Answer> {
  return { turn: thread.send({ text: textOf(message), files: await files() }, { id: message.id, signal }) }
}

/** What `sendMessage` with the id of a message asks for: another text, and the files that come with it, in its place. */
export async function edit(thread: Thread, pageId: string, question: Question): Promise<Answer> {
  const { message, files, signal } = question
  await loadNew(thread, signal)
  const stored = findQuestion(thread, pageId)
  if (!stored) throw new LoaclError('message_not_found')
  // One that the server never got has nothing beside which it could stand.
  if (stored.status === 'failed')
    return await ask(thread, { ...question, message: { ...message, id: stored.clientId! } })
  const turn = thread.edit(stored.id, { text: textOf(message), files: await files() }, { signal })
  void remember(thread, message.id, turn)
  return { turn }
}

/**
 * What `regenerate` asks for, of an answer that is complete: another one beside it. Where it failed, was stopped or was cut, and
 * where the question is not at the server as the page has it, it is tried again.
 *
 * @param named the id of the answer, where the page gives one
 */
export async function regenerate(thread: Thread, named: string | undefined, question: Question): Promise<Answer> {
  const { message, signal } = question
  await loadNew(thread, signal)
  const stored = findQuestion(thread, message.id)
  if (!stored) return await ask(thread, question)
  const { messages, turn: state } = thread.getSnapshot()
  if (!isAsStored(message, stored)) {
    if (state.status !== 'failed') return await edit(thread, message.id, question)
    const turn = thread.retry({ signal })
    void remember(thread, message.id, turn)
    return { turn }
  }
  const after = messages.slice(messages.indexOf(stored) + 1)
  const next = after.findIndex(({ role }) => role === 'user')
  const answers = next < 0 ? after : after.slice(0, next)
  const answer = answers.find(({ id }) => id === named) ?? answers.find(({ author }) => author === 'assistant')
  const isDone = answer && /^(completed|waiting)$/.test(answer.status)
  if (answer && (isDone || next >= 0))
    return { turn: thread.regenerate(answer.id, { signal }), before: isDone ? answer : undefined }
  if (next >= 0) throw new LoaclError('message_not_found')
  return { turn: thread.retry({ signal }) }
}
