import type {
  CutReason,
  DataParts,
  ErrorCode,
  Message,
  MessagePart,
  NumberedPart,
  StreamPart,
  Suggestion,
  TurnRequest,
  WireFormat,
} from '@loacl/wire'
import type { InputItem, KnownFile } from './model.ts'
import type { StoredSecret } from './stored_secret.ts'
import type { Tool, ToolContext } from './tools/tool.ts'
import type { HostedCalls, ToolStore } from './tools/tool_store.ts'

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
  /** Made by the worker: with the same one, asking again gives the same turn. */
  lease: string
}

/** What every begun turn is known by. */
export interface TurnIds {
  turn: { id: string; lease: string }
  threadId: string
  userMessageId: string
  messageId: string
}

/** A turn that this worker now has the lease of and must bring to an end, or let wait. */
export interface OpenTurn extends TurnIds {
  joined: false
  isFirstTurn: boolean
  assistant: {
    id: string
    ownerId: string
    name: string
    model: string
    instructions: string
    temperature: number | null
    reasoningEffort: string | null
    maxOutputTokens: number
    followUps: boolean
    /** Asked for the title and follow-ups in place of `model`, at the same provider. */
    followUpModel: string | null
    /** Whether visitors see how the model came to its answer. */
    showReasoning: boolean
  }
  provider: SealedProvider | null
  /** Asked where `provider` is down. */
  fallback: { model: string; provider: SealedProvider } | null
  /** What is moderated; `null` where nothing is. */
  moderation: ModerationSettings | null
  /** Oldest first; ends with the message that is to be answered. */
  history: readonly HistoryMessage[]
  /**
   * Where the assistant summarizes: whether a summary is due before the answer, or to be looked for after it. A turn that
   * was taken up again goes on without.
   */
  summary?: 'due' | 'later'
  /** Number of its last part. */
  lastSeq: number
  /** Whether the visitor wants it stopped: then nothing is asked of the model. */
  stopRequested: boolean
  /** The answer so far. */
  parts: readonly MessagePart[]
  /**
   * The steps that have ended. With none its first is open already: the turn has begun. With some it has waited, and
   * `beginStep` opens the next.
   */
  steps: readonly {
    input: readonly InputItem[]
    providerItems: readonly unknown[]
    /** The account that answered; `null` where it is gone. */
    configId: string | null
  }[]
  /** What the model may call, and in how many steps. */
  tools: readonly Tool[]
  maxToolSteps: number
  /** Of tools that the provider runs, in one step: so many are in its reservation. */
  maxHostedCalls: number
  toolSecret: ToolContext['toolSecret']
  visitor: ToolContext['visitor']
}

/** A provider config with its key as it is stored. */
export interface SealedProvider extends StoredSecret {
  configId: string
  provider: WireFormat
}

interface ModerationSettings {
  /** Whether what the visitor writes is moderated. */
  input: boolean
  /** Whether what the model writes is. */
  output: boolean
  /** Whether what could not be moderated is let through. */
  failsOpen: boolean
  model: string
  /** Whether it is asked at a provider of its own. `provider` is that one, `null` where it is switched off. */
  hasProvider: boolean
  provider: SealedProvider | null
}

/** What moderation leaves of a step, or of follow-ups. */
export interface ModerationResult {
  /** The account that was asked. */
  configId: string
  model: string
  flags: readonly { direction: 'input' | 'output'; categories: readonly string[] }[]
  usage: { inputTokens: number; outputTokens: number; isEstimate: boolean }
}

/** `developer`: ours, and of the instructions, where the rest of the conversation needs a word. */
export interface HistoryMessage {
  role: 'developer' | 'user' | 'assistant'
  content: string
  /** What the page said with the question. `note` is ours, and of the instructions. */
  context?: { note: string; text: string }
  /** In the order in which the visitor has attached them. */
  files?: readonly ToldFile[]
}

interface ToldFile {
  name: string
  mediaType: string
  /** Bytes. */
  size: number
  /** In Storage; `null` where there is no room for it: the model is told of it by its name. */
  path: string | null
}

/** What a summary is to be made of, and with which model. */
export interface SummaryToMake {
  model: string
  maxOutputTokens: number
  maxCharacters: number
  messages: readonly { by: string; text: string }[]
  /** To be handed back with the summary. */
  plan: unknown
}

/** It runs, waits or ended elsewhere: the same message was sent before, or somebody else has resumed it or taken it over. */
export interface JoinedTurn {
  joined: true
  turn: { id: string }
}

type TurnEndState = 'completed' | 'stopped' | 'cut' | 'failed'
export type TurnState = 'running' | 'waiting' | TurnEndState

/** Tokens as the provider counted them. */
export interface TokenUsage {
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  reasoningTokens: number
}

/** What a step leaves, as it is stored. */
export interface StepOutcome {
  /** The answer so far, earlier steps' part in it included. */
  parts: readonly MessagePart[]
  content: string
  /** Whether the model was called: else nothing is charged for the step. */
  isCalled: boolean
  /** The provider's own output items. They never reach a visitor. */
  providerItems: readonly unknown[]
  responseId: string | null
  /** The model that answered, as the provider names it. */
  model: string | null
  usage: TokenUsage | null
  /** Who answered in place of the provider and model that the turn began with, if so. */
  fallback: { configId: string; model: string } | null
  /** The call before, which failed before its first word, if so: its provider may charge for it. */
  givenUp: GivenUpCall | null
  /** Of tools that the provider ran: each has its fee. */
  hostedCalls: readonly HostedCalls[]
  /** `null` where nothing was checked. */
  moderation: ModerationResult | null
}

/** What is known of a call that failed before its first word, where the fallback was asked instead. */
export interface GivenUpCall {
  errorCode: ErrorCode
  responseId: string | null
  model: string | null
  usage: TokenUsage | null
}

/** How a turn ended, with its last step. */
export interface TurnOutcome extends StepOutcome {
  state: TurnEndState
  errorCode: ErrorCode | null
  cutReason: CutReason | null
}

export interface StoredTurn {
  state: TurnState
  threadId: string
  userMessageId: string
  messageId: string
  parts: readonly NumberedPart[]
  /** Number of its last part, stored or not. */
  lastSeq: number
  /** Whether the message holds all that was streamed. Where its worker died it does not: `foldTurn` is to be called. */
  isFolded: boolean
  /** Whether its worker has fallen silent before it said anything: `resumeTurn` takes it over. */
  isSilent: boolean
  /** What is said of it while it waits. */
  waiting: DataParts['waiting'] | null
  /** The answer, once the turn has ended. */
  message: Message | null
  errorCode: ErrorCode | null
  cutReason: CutReason | null
}

/**
 * Where turns are kept. Every method rejects with a `CodedError`; `database_unavailable` means that trying again may
 * help, and trying again is safe everywhere.
 */
export interface TurnStore extends ToolStore {
  /**
   * Creates the session, the thread, both messages and the turn with its first step where needed, or finds the turn of
   * the same message.
   */
  beginTurn(turn: TurnToBegin, caller: Caller): Promise<OpenTurn | JoinedTurn>
  /**
   * Appends parts from place `seq` on and renews the lease; without parts it does the latter alone.
   * Parts that are already there are left as they are. Rejects with `turn_lease_lost` once the turn has ended.
   */
  appendParts(turn: TurnIds['turn'], seq: number, parts: readonly StreamPart[]): Promise<{ stopRequested: boolean }>
  /**
   * Begins a step after the first, with what is added to the model's input, and ends the one before: `before` is what
   * that one leaves, `null` where the turn has waited. Does not begin it, and ends the turn, where the visitor wants that
   * or the budget refuses the step. Rejects with `turn_lease_lost`.
   */
  beginStep(
    turn: TurnIds['turn'],
    step: number,
    input: readonly InputItem[],
    before: StepOutcome | null,
  ): Promise<{ state: TurnState }>
  /**
   * Ends a step and lets the turn wait: it has no worker then, reserves nothing, and is cut when its time is over.
   * `waiting` is `null` where it ended instead, or still runs because none of its calls waits any more. Rejects with
   * `turn_lease_lost`.
   */
  waitTurn(
    turn: TurnIds['turn'],
    waitMs: number,
    outcome: StepOutcome,
  ): Promise<{ state: TurnState; waiting: DataParts['waiting'] | null }>
  /**
   * Takes up a turn that waits after step `step`, or that is silent, under a lease that the caller makes: one of several
   * gets it.
   * Rejects with `turn_not_found` for a turn of another session.
   */
  resumeTurn(turn: TurnIds['turn'], step: number, deadlineMs: number, caller: Caller): Promise<OpenTurn | JoinedTurn>
  /** Rejects with `turn_not_found` for a turn of another session. */
  readTurn(turnId: string, afterSeq: number, caller: Caller): Promise<StoredTurn>
  /** The turn that runs or waits in a thread of the caller's, by either of its ids; `null` where none does. */
  findTurn(threadId: string, caller: Caller): Promise<string | null>
  /** Asks the worker to end it; one that waits ends at once. */
  stopTurn(turnId: string, caller: Caller): Promise<{ state: TurnState }>
  /**
   * The same for the turn that answers the visitor's message of this client-made id. Where there is none yet, the stop is
   * kept for two minutes.
   */
  stopMessage(messageId: string, caller: Caller): Promise<{ state: TurnState | 'kept' }>
  /** Stores what was streamed of a turn that is not folded yet, once. */
  foldTurn(turnId: string, answer: { content: string; parts: readonly MessagePart[] }): Promise<void>
  /** Which of these files of the provider's are the owner's documents, or the visitor's own. */
  findCitedFiles(turn: TurnIds['turn'], fileIds: readonly string[]): Promise<readonly KnownFile[]>
  /** Ends the turn, once: `turn_lease_lost` where it has ended already. */
  finishTurn(turn: TurnIds['turn'], outcome: TurnOutcome): Promise<void>
  /** After `finishTurn`. Keeps a title that the thread already has, and returns the one that it now has. */
  saveFollowUps(
    turn: TurnIds['turn'],
    followUps: {
      title: string | null
      suggestions: readonly string[]
      usage: TokenUsage | null
      /** The model that was asked. */
      model: string
      /** Whether anybody charges for the call: with `usage` unknown it is estimated. */
      isCalled: boolean
      /** Of the title and the suggestions, flagged or not. */
      moderation: ModerationResult | null
    },
  ): Promise<{ suggestions: readonly Suggestion[]; title: string | null }>
  /**
   * Plans the summary that the conversation needs, and reserves what it may cost: before the answer of a turn that runs,
   * else for the next turn. `null` where none is needed, another is on its way, or the budget refuses it.
   */
  beginSummary(turn: TurnIds['turn']): Promise<SummaryToMake | null>
  /** Stores it. Gives what the model is to be told now, where the turn still runs and that has changed. */
  saveSummary(
    turn: TurnIds['turn'],
    plan: unknown,
    made: {
      /** `null` where it failed. */
      summary: string | null
      usage: TokenUsage | null
      /** As for `saveFollowUps`. */
      isCalled: boolean
    },
  ): Promise<readonly HistoryMessage[] | null>
  /**
   * What the model is to be told of the conversation where it said that the input is too long: about half as much, for
   * this turn and those that come. `null` where only the question is left.
   */
  shortenHistory(turn: TurnIds['turn']): Promise<readonly HistoryMessage[] | null>
}
