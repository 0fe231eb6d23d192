import type {
  CutReason,
  ErrorCode,
  Message,
  MessagePart,
  NumberedPart,
  StreamPart,
  Suggestion,
  TurnRequest,
} from '@loacl/wire'

/** The claims of a Supabase user's access token that has been verified. */
export type UserClaims = Readonly<Record<string, unknown>>

/** Who asks. */
export interface Caller {
  /** The database knows the session by the hash of this token. */
  sessionToken: string
  /** A session that is bound to a user works with that user's alone. */
  claims: UserClaims | null
}

interface TurnToBegin {
  request: TurnRequest
  /** The page's origin, `null` where no browser sent one. */
  origin: string | null
  /** The visitor's network address, from the one header that is trusted. */
  address: string | null
  deadlineMs: number
}

/** What every begun turn is known by. */
export interface TurnIds {
  turn: { id: string; lease: string }
  threadId: string
  userMessageId: string
  messageId: string
}

/** A turn that this worker now holds and must bring to an end. */
export interface NewTurn extends TurnIds {
  joined: false
  isFirstTurn: boolean
  assistant: {
    id: string
    ownerId: string
    name: string
    model: string
    instructions: string
    temperature: number | null
    maxOutputTokens: number
    followUps: boolean
  }
  provider: {
    secretId: string
    keyId: string
    ciphertext: string
    purpose: string
    ownerId: string
    provider: string
    baseUrl: string | null
  } | null
  /** Oldest first; ends with the message that is to be answered. */
  history: readonly HistoryMessage[]
}

export interface HistoryMessage {
  role: 'user' | 'assistant'
  content: string
}

/** The same message was sent before: its turn runs, or ran, elsewhere. */
export interface JoinedTurn {
  joined: true
  turn: { id: string }
}

type TurnEndState = 'completed' | 'stopped' | 'cut' | 'failed'
export type TurnState = 'running' | TurnEndState

/** Tokens as the provider counted them. */
export interface TokenUsage {
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
}

/** How a turn ended, as it is stored. */
export interface TurnOutcome {
  state: TurnEndState
  parts: readonly MessagePart[]
  content: string
  errorCode: ErrorCode | null
  cutReason: CutReason | null
  /** The provider's own output items. They never reach a visitor. */
  providerItems: readonly unknown[]
  responseId: string | null
  /** The model that answered, as the provider names it. */
  model: string | null
  usage: TokenUsage | null
}

export interface StoredTurn {
  state: TurnState
  threadId: string
  userMessageId: string
  messageId: string
  parts: readonly NumberedPart[]
  /** The answer, once the turn has ended. */
  message: Message | null
  errorCode: ErrorCode | null
  cutReason: CutReason | null
}

/**
 * Where turns are kept. Every method rejects with a `CodedError`; `database_unavailable` means that trying again may
 * help, and trying again is safe everywhere.
 */
export interface TurnStore {
  /** Creates the session, the thread, both messages and the turn where needed, or finds the turn of the same message. */
  beginTurn(turn: TurnToBegin, caller: Caller): Promise<NewTurn | JoinedTurn>
  /**
   * Appends parts from place `seq` on and renews the lease; without parts it does the latter alone.
   * Parts that are already there are left as they are. Rejects with `turn_lease_lost` once the turn has ended.
   */
  appendParts(turn: TurnIds['turn'], seq: number, parts: readonly StreamPart[]): Promise<{ stopRequested: boolean }>
  /** Rejects with `turn_not_found` for a turn of another session. */
  readTurn(turnId: string, afterSeq: number, caller: Caller): Promise<StoredTurn>
  stopTurn(turnId: string, caller: Caller): Promise<{ state: TurnState }>
  /** Ends the turn, once: `turn_lease_lost` where it has ended already. */
  finishTurn(turn: TurnIds['turn'], outcome: TurnOutcome): Promise<void>
  /** After `finishTurn`. Keeps a title that the thread already has, and returns the one that it now has. */
  saveFollowUps(
    turn: TurnIds['turn'],
    followUps: { title: string | null; suggestions: readonly string[]; usage: TokenUsage | null },
  ): Promise<{ suggestions: readonly Suggestion[]; title: string | null }>
}
