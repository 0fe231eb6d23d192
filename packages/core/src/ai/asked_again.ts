import { LoaclError } from '../errors.ts'
import { toStorable } from '../storable_text.ts'
import type { Message, Thread, Turn } from '../types.ts'
import type { Answer } from './chunk_stream.ts'
import type { ChatMessage } from './ui_message.ts'

type Question = Pick<ChatMessage, 'id' | 'parts'>

export const textOf = ({ parts }: Pick<ChatMessage, 'parts'>): string =>
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

/** What `sendMessage` with the id of a message asks for: another text in its place. */
export async function edit(
  thread: Thread,
  pageId: string,
  question: Question,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  await loadNew(thread, signal)
  const stored = findQuestion(thread, pageId)
  if (!stored) throw new LoaclError('message_not_found')
  const text = textOf(question)
  // One that the server never got has nothing beside which it could stand.
  if (stored.status === 'failed') return { turn: thread.send(text, { id: stored.clientId!, signal }) }
  const turn = thread.edit(stored.id, text, { signal })
  void remember(thread, question.id, turn)
  return { turn }
}

/**
 * What `regenerate` asks for, of an answer that is complete: another one beside it. Where it failed, was stopped or was cut, and
 * where the question is not at the server as the page has it, it is tried again.
 *
 * @param named the id of the answer, where the page gives one
 * @param send sends a question that this thread does not know
 */
export async function regenerate(
  thread: Thread,
  question: Question,
  named: string | undefined,
  send: () => Turn,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  await loadNew(thread, signal)
  const stored = findQuestion(thread, question.id)
  if (!stored) return { turn: send() }
  const { messages, turn: state } = thread.getSnapshot()
  if (textOf(question) !== stored.content) {
    if (state.status !== 'failed') return await edit(thread, question.id, question, signal)
    const turn = thread.retry({ signal })
    void remember(thread, question.id, turn)
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
