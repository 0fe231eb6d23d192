import type { AttachedFile, ClientState, LoaclError, PublicAssistant, ThreadState } from '@loacl/core'

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

/** A message that was sent, and isn't known to have reached the server. `id` is its client id. */
export interface Unsent {
  readonly id: string
  readonly text: string
  readonly attached: readonly Attachment[]
}

/** All that a widget knows, without a word of how it looks. */
export interface ModelState {
  readonly session: ClientState
  /** The conversation at hand. */
  readonly thread: ThreadState
  /** `null` before a thread's first message, `undefined` before there was a choice. */
  readonly threadId: string | null | undefined
  readonly view: 'chat' | 'conversations'
  /** The text in the composer. It outlives a reload of the tab. */
  readonly draft: string
  /** What goes with it. The feature `attachments` says what, and keeps it over a reload. */
  readonly attached: readonly Attachment[]
  readonly unsent: Unsent | null
  /** The draft was `unsent`, of which the server may know. */
  readonly restored: boolean
  /** The thread's messages: here, on their way, or why they could not be loaded. */
  readonly loading: 'idle' | 'loading' | LoaclError
}

/** What the composer holds. */
export type Draft = Pick<ModelState, 'draft' | 'attached'>

export type ModelAction =
  | { readonly type: 'session_changed'; readonly session: ClientState }
  | { readonly type: 'thread_changed'; readonly thread: ThreadState }
  /** Another conversation is at hand. */
  | { readonly type: 'thread_shown'; readonly thread: ThreadState; readonly threadId: string | null }
  | { readonly type: 'loading_changed'; readonly loading: ModelState['loading'] }
  | { readonly type: 'view_changed'; readonly view: ModelState['view'] }
  | { readonly type: 'draft_changed'; readonly change: Partial<Draft> }
  | { readonly type: 'message_sent'; readonly message: Unsent }
  /** The server has the message of this id. */
  | { readonly type: 'message_arrived'; readonly id: string | null }
  /** What was sent before a reload, and may or may not have reached the server, goes back into the composer. */
  | { readonly type: 'draft_restored' }
  /** The visitor goes to another conversation, where what was restored is another message. */
  | { readonly type: 'draft_left' }
  | { readonly type: 'draft_forgotten' }

const SENT = { unsent: null, restored: false }
export const EMPTY: Draft = { draft: '', attached: [] }

/** What follows from an action. Changes nothing itself. */
export function reduceModel(state: ModelState, action: ModelAction): ModelState {
  const { draft, attached, unsent } = state
  switch (action.type) {
    case 'session_changed':
      return { ...state, session: action.session }
    case 'thread_changed': {
      const { thread } = action
      const stored = thread.messages.filter(({ role, status }) => role === 'user' && status === 'completed')
      const next = { ...state, thread, threadId: stored.length > 0 ? thread.id : state.threadId }
      return stored.some(({ clientId }) => clientId === unsent?.id)
        ? reduceModel(next, { type: 'message_arrived', id: unsent!.id })
        : next
    }
    case 'thread_shown': {
      const { thread, threadId } = action
      // What the server never got is written anew. In another conversation it is another message.
      const given = state.thread.turn.status === 'failed' &&
        unsent && { ...SENT, draft: draft || unsent.text, attached: [...attached, ...unsent.attached] }
      const shown: ModelState = { ...state, ...given, threadId, view: 'chat', loading: 'idle' }
      return reduceModel(shown, { type: 'thread_changed', thread })
    }
    case 'loading_changed':
      return { ...state, loading: action.loading }
    case 'view_changed':
      return { ...state, view: action.view }
    case 'draft_changed':
      return { ...state, ...action.change }
    case 'message_sent':
      return { ...state, unsent: action.message, restored: false }
    case 'message_arrived':
      if (action.id !== unsent?.id) return state
      return { ...state, ...SENT, ...(isUnsent(state, draft, attached) && EMPTY) }
    case 'draft_restored':
      return unsent && !draft ? { ...state, draft: unsent.text, attached: unsent.attached, restored: true } : state
    case 'draft_left':
      return state.restored ? { ...state, ...SENT } : state
    case 'draft_forgotten':
      return { ...state, ...SENT, ...EMPTY }
  }
}

/** Whether this is what was sent before a reload, as it was put back. */
export const isUnsent = ({ restored, unsent }: ModelState, text: string, attached: readonly Attachment[]): boolean =>
  restored && unsent?.text === text && unsent.attached === attached

export const assistantOf = ({ session }: ModelState): PublicAssistant | null =>
  session.status === 'open' ? session.assistant : null

export const isRunning = ({ turn }: ThreadState): boolean => 'turn' in turn

/** What keeps the chat from going on, be it a turn, the thread's messages or the session. */
export function failureOf({ thread: { turn }, loading, session }: ModelState): LoaclError | null {
  if (turn.status === 'failed') return turn.error
  if (typeof loading === 'object') return loading
  return session.status === 'failed' ? session.error : null
}

/** How many characters more the composer takes; `Infinity` until the assistant is known. */
export const charactersLeft = (state: ModelState): number =>
  (assistantOf(state)?.maxMessageLength ?? Infinity) - countCharacters(state.draft)

// What keyboards and pasted text bring that shows nothing, blank braille included; the server knows a few signs more.
export const canSend = (state: ModelState): boolean =>
  !isRunning(state.thread) &&
  charactersLeft(state) >= 0 &&
  (state.attached.length > 0 || /[^\s\0\p{Cs}\p{DI}\u2800]/u.test(state.draft))

/** `[...text].length`, without an array as long as the text. */
const countCharacters = (text: string): number =>
  text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)
