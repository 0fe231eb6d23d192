import type { ErrorCode } from './errors.ts'

/** ISO 8601 with an offset, as PostgreSQL prints a `timestamptz` in JSON. */
export type Timestamp = string

/** The part of an assistant that visitors may see. */
export interface PublicAssistant {
  id: string
  name: string
  description: string | null
  /** Shown before the first message. Markdown. */
  greeting: string | null
  /** Look and words of the widget, as the owner set them. */
  appearance: Readonly<Record<string, unknown>>
  /** Longest message that `send` accepts, in Unicode characters (`[...text].length`). */
  maxMessageLength: number
  /** Whether the assistant asks for a browser fingerprint as a signal against abuse. */
  fingerprint: boolean
}

export interface GuidedQuestion {
  id: string
  question: string
  category: string | null
}

export interface Visitor {
  /** `null` until the first message makes a session. */
  sessionId: string | null
  type: 'guest' | 'authenticated'
}

export interface ThreadSummary {
  id: string
  title: string | null
  status: 'active' | 'archived'
  createdAt: Timestamp
  lastMessageAt: Timestamp
}

export interface Page<T> {
  items: readonly T[]
  /** Hand it back to get the next page; `null` at the end. */
  nextCursor: string | null
}

/** What `rpc/open_session` returns. */
export interface OpenedSession {
  assistant: PublicAssistant
  questions: readonly GuidedQuestion[]
  visitor: Visitor
  threads: Page<ThreadSummary>
}

/** Parts of a stored message: the AI SDK's `UIMessage` parts, the kinds that LOACL stores. */
export type MessagePart =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'source-url'; sourceId: string; url: string; title?: string }
  | { type: 'source-document'; sourceId: string; mediaType: string; title: string; filename?: string }

/**
 * - `streaming`: its turn is running
 * - `waiting`: its turn waits for something that comes from outside; `parts` hold what had come
 * - `completed`
 * - `stopped`: the visitor stopped it; `parts` hold what had come
 * - `cut`: it ran into a limit (`cutReason`) and can be continued
 * - `failed`: see `errorCode`
 */
export type MessageStatus = 'streaming' | 'waiting' | 'completed' | 'stopped' | 'cut' | 'failed'
/** `budget`: what the assistant may spend was used up before another step. */
export type CutReason = 'time_limit' | 'max_output_tokens' | 'content_filter' | 'budget'

export interface Suggestion {
  id: string
  suggestion: string
  used: boolean
}

export interface Message {
  id: string
  /** The id that the browser gave a visitor's message; `null` on answers. */
  clientId: string | null
  role: 'user' | 'assistant'
  status: MessageStatus
  /** The text parts, joined. */
  content: string
  parts: readonly MessagePart[]
  errorCode: ErrorCode | null
  cutReason: CutReason | null
  createdAt: Timestamp
  suggestions: readonly Suggestion[]
}

/** What `rpc/list_messages` returns. Items are newest first. */
export interface MessagePage extends Page<Message> {
  thread: ThreadSummary
  /** The turn that runs or waits in this thread, if any: `GET /turns/:id` follows it. */
  activeTurnId: string | null
}

/** Tokens of one turn, since it last waited. Costs are the owner's and never reach a visitor. */
export interface Usage {
  inputTokens: number
  outputTokens: number
}
