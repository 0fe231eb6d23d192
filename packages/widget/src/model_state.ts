import type { AttachedFile, ClientState, LoaclError, Message, PublicAssistant, ThreadState } from '@loacl/core'

/** What goes with the draft, or will once it is uploaded. An `AttachedFile` from then on, of which it has the `id`. */
export interface Attachment extends Pick<AttachedFile, 'name' | 'size'> {
  /** Names it among those of the draft, from the beginning to the end. */
  readonly key: string
  /** IANA media type. */
  readonly type: string
  readonly id?: string
  /** What of it has left, from 0 to 1. */
  readonly progress?: number
  /** Why it was not uploaded. */
  readonly error?: LoaclError
}

/** All that a widget knows, without a word of how it looks. */
export interface ModelState {
  readonly session: ClientState
  /** The conversation at hand. */
  readonly thread: ThreadState
  /** `null` before a thread's first message, `undefined` before there was a choice. */
  readonly threadId: string | null | undefined
  readonly view: 'chat' | 'conversations'
  /** The text in the composer. It outlives a reload of the tab, in `unsent` where it was `restored`. */
  readonly draft: string
  /** What goes with it. The feature `attachments` says what, and keeps it over a reload where `unsent` doesn't. */
  readonly attached: readonly Attachment[]
  /** In the order in which they were sent. They outlive a reload of the tab. */
  readonly unsent: readonly Unsent[]
  /** The composer holds the one message of `unsent`, as it was put back. The server may know of it. */
  readonly restored: boolean
  /** The thread's messages: here, on their way, or why they could not be loaded. */
  readonly loading: 'idle' | 'loading' | LoaclError
}

/** What the composer holds. */
export type Draft = Pick<ModelState, 'draft' | 'attached'>

/** A message that was sent, and isn't known to have reached the server, as the composer held it. */
export interface Unsent extends Draft {
  /** Its client id. What was made of several has none. */
  readonly id?: string
}

export type ModelAction =
  /** What stands for itself. */
  | { readonly type: 'changed'; readonly change: Partial<Pick<ModelState, 'session' | 'loading' | 'view'>> }
  | { readonly type: 'thread_changed'; readonly thread: ThreadState }
  /** Another conversation is at hand. */
  | { readonly type: 'thread_shown'; readonly thread: ThreadState; readonly threadId: string | null }
  | { readonly type: 'draft_changed'; readonly change: Partial<Draft> }
  /** `rest`: what the composer holds then, where it was sent from there. */
  | { readonly type: 'message_sent'; readonly message: Unsent; readonly rest: Draft | undefined }
  /** The server has the message of this id. */
  | { readonly type: 'message_arrived'; readonly id: string | null }
  /** What was sent before a reload, and may or may not have reached the server, goes back into the composer as one message. */
  | { readonly type: 'draft_restored' }
  /** The visitor goes to another conversation, where what was restored, or failed in this one, is another message. */
  | { readonly type: 'draft_left' }
  | { readonly type: 'draft_forgotten' }

const NONE = { unsent: [], restored: false }
export const EMPTY: Draft = { draft: '', attached: [] }

/** What follows from an action. Changes nothing itself. */
export function reduceModel(state: ModelState, action: ModelAction): ModelState {
  const { unsent, restored } = state
  switch (action.type) {
    case 'thread_changed':
      return withThread(state, action.thread)
    case 'thread_shown':
      return withThread({ ...state, threadId: action.threadId, view: 'chat', loading: 'idle' }, action.thread)
    case 'changed':
      return { ...state, ...action.change }
    case 'message_arrived':
      return without(state, [action.id])
    case 'message_sent':
      return { ...state, ...action.rest, unsent: [...(restored ? [] : unsent), action.message], restored: false }
    case 'draft_restored': {
      if (restored) return state
      const first = unsent[0]!
      const next = joined([...unsent, state])
      const isSame = next.draft === first.draft && next.attached.length === first.attached.length
      return { ...state, ...next, unsent: [isSame ? first : next], restored: true }
    }
    case 'draft_left': {
      const ids = clientIds(state.thread, 'failed')
      const failed = unsent.filter(({ id }) => ids.includes(id!))
      return { ...without(state, ids), ...joined([...failed, state]), ...(restored && NONE) }
    }
    case 'draft_forgotten':
      return { ...state, ...NONE, ...EMPTY }
    case 'draft_changed':
      return { ...state, ...action.change, ...(restored && NONE) }
  }
}

export const clientIds = ({ messages }: ThreadState, status: Message['status']): (string | null)[] =>
  messages.filter((message) => message.status === status).map(({ clientId }) => clientId)

function withThread(state: ModelState, thread: ThreadState): ModelState {
  const stored = clientIds(thread, 'completed')
  return without({ ...state, thread, threadId: stored.length > 0 ? thread.id : state.threadId }, stored)
}

/** The messages of these ids are `unsent` no more. */
function without(state: ModelState, ids: readonly (string | null)[]): ModelState {
  const { unsent, restored } = state
  const left = unsent.filter(({ id }) => !ids.includes(id!))
  return left.length < unsent.length ? { ...state, ...(restored && EMPTY), unsent: left, restored: false } : state
}

const joined = (drafts: readonly Draft[]): Draft => ({
  draft: drafts
    .map(({ draft }) => draft)
    .filter(Boolean)
    .join('\n\n'),
  attached: drafts.flatMap(({ attached }) => attached),
})

export const assistantOf = ({ session }: ModelState): PublicAssistant | null =>
  session.status === 'open' ? session.assistant : null

export const isRunning = ({ turn }: ThreadState): boolean => 'turn' in turn

/** Nothing but what has failed has one. */
const errorOf = (state: object): LoaclError | undefined => (state as { error?: LoaclError }).error

/** What keeps the chat from going on, be it a turn, the thread's messages or the session. */
export function failureOf({ thread: { turn }, loading, session }: ModelState): LoaclError | null {
  return errorOf(turn) ?? (typeof loading === 'object' ? loading : (errorOf(session) ?? null))
}

/** How many characters more the composer takes; `Infinity` until the assistant is known. */
export const charactersLeft = (state: ModelState): number =>
  (assistantOf(state)?.maxMessageLength ?? Infinity) - countCharacters(state.draft)

// What keyboards and pasted text bring that shows nothing, blank braille included; the server knows a few signs more.
export const canSend = (state: ModelState): boolean =>
  !isRunning(state.thread) &&
  charactersLeft(state) >= 0 &&
  (state.attached.length > 0 || (!!state.draft && /[^\s\0\p{Cs}\p{DI}\u2800]/u.test(state.draft)))

/** `[...text].length`, without an array as long as the text. */
const countCharacters = (text: string): number => text.replace(/[^\0-\uffff]/gu, '.').length
