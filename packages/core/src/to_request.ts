import { type ErrorCode, FILE_URL, MAX_FILES, type TurnRequest } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import { LoaclError } from './errors.ts'
import type { FileOfMessage } from './file_types.ts'
import { randomId } from './random.ts'
import type { Opened } from './reduce_session.ts'
import { toStorable } from './storable_text.ts'
import type { ThreadContext, TurnStart } from './thread_context.ts'
import { newUserMessage, type Question, runningTurn } from './thread_state.ts'
import type { Message, Thread, TurnState } from './types.ts'

type Named = 'retry' | 'edit' | 'regenerate' | 'continue'

interface Asked {
  id: string
  name: Named
  args: readonly unknown[]
}

/** By thread, what was asked last and failed with this error, where trying again is to ask the same. */
const failed = new WeakMap<ThreadContext, Asked & { error: LoaclError }>()

/**
 * The request of a turn that answers anew, or goes on with an answer. Throws where there is nothing to do so with: the thread
 * is then as it was.
 *
 * @param before how the thread's turn stood
 */
export function toRequest<Name extends Named>(
  thread: ThreadContext,
  _: ActionTools,
  how: TurnStart,
  before: TurnState,
  name: Name,
  args: Parameters<Thread[Name]>,
): TurnRequest {
  try {
    const last = failed.get(thread)
    const isAgain = name === 'retry' && last && 'error' in before && before.error === last.error
    const asked: Asked = isAgain ? last : { id: how.id, name, args }
    let hasBegun = false
    const request = readAsked(thread, how, asked)
    const { begun } = how
    how.begun = (ids) => {
      hasBegun = true
      return begun?.(ids)
    }
    void noteFailure(thread, asked, () => hasBegun)
    return request
  } catch (error) {
    thread.update({ turn: before })
    throw error
  }
}

/** Remembers what is to be asked again where the turn that runs fails. */
async function noteFailure(thread: ThreadContext, asked: Asked, hasBegun: () => boolean): Promise<void> {
  const result = await runningTurn(thread.state())?.done
  failed.delete(thread)
  if (result?.status !== 'failed' || asked.name === 'retry') return
  const { error } = result
  // Sent again, what never arrived is the same request.
  if (!hasBegun()) failed.set(thread, { ...asked, error })
  else if (asked.name === 'continue') failed.set(thread, { ...asked, id: randomId(), error })
}

const refuse = (code: ErrorCode): never => {
  throw new LoaclError(code)
}

/** Sends a message that never got to the server. */
function sendAnew(thread: ThreadContext, how: TurnStart, message: Question): TurnRequest {
  how.clientId = message.clientId
  const sent = { ...message, status: 'sending', errorCode: null } as const
  thread.update({ messages: thread.state().messages.map((other) => (other === message ? sent : other)) })
  return thread.ask(sent)(thread.serverId)
}

/** What an edit keeps that says nothing of files. */
const filesOf = ({ parts }: Message): readonly FileOfMessage[] =>
  parts.flatMap((part) =>
    part.type === 'file'
      ? { id: part.url.slice(FILE_URL.length), name: part.filename ?? '', type: part.mediaType }
      : [],
  )

function readAsked(thread: ThreadContext, how: TurnStart, { id, name, args }: Asked): TurnRequest {
  const { client, serverId } = thread
  const { assistant: assistantId } = client
  const { messages } = thread.state()
  const last = messages.at(-1)
  const question = messages.findLast(({ clientId }) => clientId !== null)
  if (name === 'retry' && last?.status === 'completed' && last !== question) return refuse('already_answered')
  const [messageId, input] = args as Parameters<Thread['edit']>
  const author = name === 'edit' ? 'visitor' : 'assistant'
  const named =
    name === 'retry'
      ? question
      : messages.find(
          (message) => message.author === author && (message.id === messageId || message.clientId === messageId),
        )
  if (named && named.id === named.clientId) return sendAnew(thread, how, named as Question)
  if (!named || serverId === null) return refuse('message_not_found')

  /** The messages before the named one, and what the server hasn't got. */
  const upTo = (...next: Message[]): readonly Message[] => {
    const shown = thread.state().messages
    const at = shown.findIndex((message) => message.id === named.id)
    if (at < 0) return shown
    const kept = shown.slice(at).filter((message) => message.id === message.clientId)
    return [...shown.slice(0, at), ...next, ...kept]
  }
  /** A sibling of `replaced` has these. One of which nothing came is none. */
  const siblingsOf = (next: string, replaced: Message | undefined = named): Pick<Message, 'siblings'> => {
    const known = (replaced.siblings ?? [replaced.id]).filter(
      (other) => other !== replaced.id || replaced.parts.length > 0,
    )
    return known.length > 0 ? { siblings: [...known, next] } : {}
  }
  const thisThread = { assistantId, threadId: serverId }
  switch (name) {
    case 'retry':
      how.begun = ({ messageId: next }) => ({
        messages: upTo(named),
        ...(last && last !== named && { answer: siblingsOf(next, last) }),
      })
      return { type: name, ...thisThread, id: named.clientId! }
    case 'regenerate':
      how.begun = (ids) => ({ messages: upTo(), answer: siblingsOf(ids.messageId) })
      break
    case 'edit': {
      const { text, files = filesOf(named) } = typeof input === 'string' ? { text: input } : input
      const edited = toStorable('', text)
      if (edited.trim() === '' && files.length === 0) return refuse('text_required')
      const { assistant: opened } = client.getSnapshot() as Partial<Opened>
      if (files.length > (opened?.files?.maxFiles ?? MAX_FILES)) return refuse('too_many_files')
      how.begun = ({ userMessageId }) => {
        const message = newUserMessage(id, edited, client.timestamp(), undefined, files)
        const confirmed = { id: userMessageId, status: 'completed', ...siblingsOf(userMessageId) } as const
        return { messages: upTo({ ...message, ...confirmed }) }
      }
      return {
        type: name,
        ...thisThread,
        id,
        messageId: named.id,
        text: edited,
        files: files[0] && files.map((file) => file.id),
      }
    }
    case 'continue':
      if (!/^(cut|stopped|failed)$/.test(named.status) || named.content === '') return refuse('answer_not_cut')
      // What was said stays in sight until it is told anew.
      how.begun = () => {
        const { parts, content, siblings } = named
        return { messages: thread.state().messages, answer: { parts, content, ...(siblings && { siblings }) } }
      }
  }
  return { type: name, ...thisThread, id, messageId: named.id }
}
