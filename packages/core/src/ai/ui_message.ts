import type { MessagePart, ToolPart } from '@loacl/wire'
import type { DynamicToolUIPart, UIMessage } from 'ai'
import type { Citation, Message, Source, Suggestion } from '../types.ts'

/** What a message's `metadata` says of it, once it is complete. */
export type ChatMetadata = Pick<Message, 'author' | 'status' | 'errorCode' | 'cutReason' | 'createdAt'>

/**
 * A message as `useChat` holds it. A visitor's may have parts `file`, whose `url` is `loacl-file:<id>`: `client.files.link(id)` gives
 * an address, for a minute. Beside text, reasoning and sources, an answer has a part `data-citations` for each source
 * of which it is known what rests on it, under the source's id, and a part `data-follow-ups` where questions were suggested. `onData` is told of `data-title` and `data-reconnecting`, which are in no message.
 */
export type ChatMessage = UIMessage<
  ChatMetadata,
  {
    citations: { sourceId: string; citations: readonly Citation[] }
    'follow-ups': { messageId: string; suggestions: readonly Suggestion[] }
    title: { title: string }
    reconnecting: { attempt: number }
  }
>

/** A message of a thread's state, as `useChat` takes it. A visitor's keeps the id that its client gave it. */
export function toUIMessage(message: Message): ChatMessage {
  const { id, clientId, role, suggestions } = message
  const parts = message.parts.flatMap(toUIPart)
  return {
    id: clientId ?? id,
    role,
    metadata: metadataOf(message),
    parts:
      suggestions.length > 0 ? [...parts, { type: 'data-follow-ups', data: { messageId: id, suggestions } }] : parts,
  }
}

export const metadataOf = ({ author, status, errorCode, cutReason, createdAt }: Message): ChatMetadata => ({
  author,
  status,
  errorCode,
  cutReason,
  createdAt,
})

/** None for a kind that a newer server sends. */
function toUIPart(part: MessagePart): ChatMessage['parts'] {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return [{ type: part.type, text: part.text, state: 'done' }]
    case 'file':
      return [part]
    case 'dynamic-tool':
      return [toToolPart(part)]
    case 'source-url':
    case 'source-document':
      return toSourceParts(part)
    default:
      return []
  }
}

/** The states of a call are the ai package's, and what is known of it beside is its own there as here. */
const toToolPart = (part: ToolPart): DynamicToolUIPart => part as object as DynamicToolUIPart

/** The source as the ai package knows it, and what rests on it. */
export function toSourceParts({ citations, ...source }: Source): (Source | CitationsPart)[] {
  const { sourceId } = source
  if (!citations) return [source]
  return [source, { type: 'data-citations', id: sourceId, data: { sourceId, citations } }]
}

type CitationsPart = Extract<ChatMessage['parts'][number], { type: 'data-citations' }>
