import type { FileLimits } from './files.ts'

/** ISO 8601 with an offset, as PostgreSQL prints a `timestamptz` in JSON. */
export type Timestamp = string

/** The part of an assistant that visitors may see. */
export interface PublicAssistant {
  id: string
  name: string
  description: string | null
  /** Shown before the first message. Markdown. */
  greeting: string | null
  /** Appearance and texts of the widget, as the owner set them. */
  appearance: Readonly<Record<string, unknown>>
  /** Longest message that `send` accepts, in Unicode characters (`[...text].length`). */
  maxMessageLength: number
  /** Whether the assistant asks for a browser fingerprint as a signal against abuse. */
  fingerprint: boolean
  /** Whether a page may say what the visitor is looking at. Where it is off, that is not sent. */
  pageContext: boolean
  /**
   * Hosts from which pictures in answers may be loaded, over HTTPS: `images.example.com`, or `*.example.com` for every
   * subdomain. Others are shown as links.
   */
  imageHosts: readonly string[]
  /** What may be attached to a message; `null` where nothing may. */
  files: FileLimits | null
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

/**
 * - `streaming`: its turn is running
 * - `waiting`: its turn waits for something that comes from outside; `parts` hold what had come
 * - `completed`
 * - `stopped`: the visitor stopped it; `parts` hold what had come
 * - `cut`: it ran into a limit (`cutReason`) and can be continued
 * - `failed`: see `errorCode`
 */
export type MessageStatus = 'streaming' | 'waiting' | 'completed' | 'stopped' | 'cut' | 'failed'
/**
 * - `budget`: what the assistant may spend was used up before another step
 * - `step_limit`: the model went on calling tools
 */
export type CutReason = 'time_limit' | 'max_output_tokens' | 'content_filter' | 'budget' | 'step_limit'

export interface Suggestion {
  id: string
  suggestion: string
  used: boolean
}

/** Tokens of one turn, since it last waited. Costs are the owner's and never reach a visitor. */
export interface Usage {
  inputTokens: number
  outputTokens: number
}
