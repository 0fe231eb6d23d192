import type { ThreadSummary } from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { ClientState } from './types.ts'

type Threads = readonly ThreadSummary[]
type Failed = Extract<ClientState, { status: 'failed' }>
export type Opened = Extract<ClientState, { status: 'open' }>

/** What calls wait for before they are sent. Settles once the session is open, or could not be opened. */
type Opening = Promise<void>

interface Common {
  /** Aborted when the visitor is dropped: the next one has another. */
  readonly lifetime: AbortController
  /** Supabase access token of the visitor, where they are identified by one. */
  readonly accessToken: string | null
}

/** `snapshot` is what the client shows. Without `opening`, the next call opens. */
export type SessionState = Common &
  (
    | { readonly status: 'idle'; readonly snapshot: { readonly status: 'idle' }; readonly opening: Opening | null }
    | { readonly status: 'opening'; readonly snapshot: { readonly status: 'opening' }; readonly opening: Opening }
    | { readonly status: 'failed'; readonly snapshot: Failed; readonly opening: Opening | null }
    | { readonly status: 'open'; readonly snapshot: Opened; readonly opening: Opening | null }
    /** Shown, but another tab has replaced the token: it may be another visitor's. */
    | { readonly status: 'unverified'; readonly snapshot: Opened; readonly opening: Opening | null }
    | { readonly status: 'disposed'; readonly snapshot: ClientState; readonly opening: null }
  )

export type SessionAction =
  /** A call opens the session. */
  | { readonly type: 'open_begun'; readonly opening: Opening }
  | { readonly type: 'open_failed'; readonly opening: Opening; readonly error: LoaclError }
  /** `identify` was called, or another tab has replaced the token. What is shown stays until the server has answered. */
  | { readonly type: 'change_begun'; readonly opening: Opening }
  | { readonly type: 'change_failed'; readonly opening: Opening; readonly error: LoaclError }
  /** The server has answered who the visitor is and what there is to show. */
  | { readonly type: 'opened'; readonly snapshot: Opened }
  /** A call that had waited for `opening` was refused for its session. */
  | { readonly type: 'call_refused'; readonly opening: Opening; readonly error: LoaclError }
  /** Another tab has replaced the session token. */
  | { readonly type: 'token_replaced' }
  /** The server has accepted who the page says they are, or the page says that nobody is signed in. */
  | { readonly type: 'visitor_known'; readonly accessToken: string | null }
  /** Another visitor takes the place of this one, in an opening that goes on. */
  | { readonly type: 'visitor_dropped'; readonly lifetime: AbortController }
  /** The visitor has signed out or erased their data. The next call opens as a new guest. */
  | { readonly type: 'signed_out'; readonly lifetime: AbortController }
  | { readonly type: 'threads_changed'; readonly change: (threads: Threads) => Threads }
  | { readonly type: 'disposed'; readonly error: LoaclError }

export const newSession = (lifetime: AbortController): Extract<SessionState, { status: 'idle' }> => ({
  status: 'idle',
  snapshot: { status: 'idle' },
  opening: null,
  lifetime,
  accessToken: null,
})

/** The next state of a session. An action that changes nothing gives the same object. */
export function reduceSession(state: SessionState, action: SessionAction): SessionState {
  if (state.status === 'disposed') return state
  switch (action.type) {
    case 'open_begun':
      return isShown(state) ? { ...state, opening: action.opening } : toOpening(state, action.opening)
    case 'change_begun':
      return { ...state, opening: action.opening }
    case 'open_failed':
    case 'change_failed':
    case 'call_refused': {
      const { opening, error } = action
      if (state.opening !== opening) return state
      return state.status === 'opening' || (state.status === 'idle' && action.type === 'open_failed')
        ? { ...state, status: 'failed', snapshot: { status: 'failed', error }, opening: null }
        : { ...state, opening: null }
    }
    case 'opened':
      return { ...state, status: 'open', snapshot: action.snapshot }
    case 'token_replaced':
      return state.status === 'open' ? { ...state, status: 'unverified' } : state
    case 'visitor_known': {
      const known = { ...state, accessToken: action.accessToken }
      return isShown(known) || !known.opening ? known : toOpening(known, known.opening)
    }
    case 'visitor_dropped':
    case 'signed_out':
      return {
        ...newSession(action.lifetime),
        opening: action.type === 'signed_out' ? null : state.opening,
      }
    case 'threads_changed':
      return isShown(state)
        ? { ...state, snapshot: { ...state.snapshot, threads: action.change(state.snapshot.threads) } }
        : state
    case 'disposed': {
      const snapshot: ClientState =
        state.status === 'opening' ? { status: 'failed', error: action.error } : state.snapshot
      return { ...state, status: 'disposed', snapshot, opening: null }
    }
  }
}

type Shown = Extract<SessionState, { status: 'open' | 'unverified' }>

export const isShown = (state: SessionState): state is Shown => state.status === 'open' || state.status === 'unverified'

const toOpening = (state: SessionState, opening: Opening): SessionState => ({
  ...state,
  status: 'opening',
  snapshot: state.status === 'opening' ? state.snapshot : { status: 'opening' },
  opening,
})
