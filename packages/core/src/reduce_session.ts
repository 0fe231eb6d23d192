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

export const newSession = (lifetime: AbortController): Extract<SessionState, { status: 'idle' }> => ({
  status: 'idle',
  snapshot: { status: 'idle' },
  opening: null,
  lifetime,
  accessToken: null,
})

/** What a session's state becomes by what happens. Where nothing changes they give the same object. */
const NEXT = {
  /** A call opens the session. */
  open_begun: (state: SessionState, opening: Opening) =>
    isShown(state) ? { ...state, opening } : toOpening(state, opening),
  open_failed: (state: SessionState, opening: Opening, error: LoaclError) =>
    toFailed(state, opening, error, state.status === 'idle'),
  /** `identify` was called, or another tab has replaced the token. What is shown stays until the server has answered. */
  change_begun: (state: SessionState, opening: Opening) => ({ ...state, opening }) as SessionState,
  /** That failed, or a call that had waited for `opening` was refused for its session. */
  change_failed: (state: SessionState, opening: Opening, error: LoaclError) => toFailed(state, opening, error),
  /** The server has answered who the visitor is and what there is to show. */
  opened: (state: SessionState, snapshot: Opened): SessionState => ({ ...state, status: 'open', snapshot }),
  /** Another tab has replaced the session token. */
  token_replaced: (state: SessionState): SessionState =>
    state.status === 'open' ? { ...state, status: 'unverified' } : state,
  /** The server has accepted who the page says they are, or the page says that nobody is signed in. */
  visitor_known(state: SessionState, accessToken: string | null) {
    const known = { ...state, accessToken }
    return isShown(known) || !known.opening ? known : toOpening(known, known.opening)
  },
  /** Another visitor takes the place of this one, in an opening that goes on. */
  visitor_dropped: ({ opening }: SessionState, lifetime: AbortController) => ({ ...newSession(lifetime), opening }),
  /** The visitor has signed out or erased their data. The next call opens as a new guest. */
  signed_out: (_state: SessionState, lifetime: AbortController) => newSession(lifetime),
  threads_changed: (state: SessionState, change: (threads: Threads) => Threads) =>
    isShown(state) ? { ...state, snapshot: { ...state.snapshot, threads: change(state.snapshot.threads) } } : state,
  disposed: (state: SessionState, error: LoaclError): SessionState => ({
    ...state,
    status: 'disposed',
    snapshot: state.status === 'opening' ? { status: 'failed', error } : state.snapshot,
    opening: null,
  }),
}

type Payload<Next> = Next extends (state: SessionState, ...payload: infer Rest) => SessionState ? Rest : never

/** What happens, and what belongs to it. */
export type SessionAction = {
  [Name in keyof typeof NEXT]: readonly [name: Name, ...Payload<(typeof NEXT)[Name]>]
}[keyof typeof NEXT]

/** The next state of a session. */
export function reduceSession(state: SessionState, ...[name, ...payload]: SessionAction): SessionState {
  const next = NEXT[name] as (state: SessionState, ...payload: unknown[]) => SessionState
  return state.status === 'disposed' ? state : next(state, ...payload)
}

function toFailed(state: SessionState, opening: Opening, error: LoaclError, isToBeSaid = false): SessionState {
  if (state.opening !== opening) return state
  return isToBeSaid || state.status === 'opening'
    ? { ...state, status: 'failed', snapshot: { status: 'failed', error }, opening: null }
    : { ...state, opening: null }
}

type Shown = Extract<SessionState, { status: 'open' | 'unverified' }>

export const isShown = (state: SessionState): state is Shown => state.status === 'open' || state.status === 'unverified'

const toOpening = (state: SessionState, opening: Opening): SessionState => ({
  ...state,
  status: 'opening',
  snapshot: state.status === 'opening' ? state.snapshot : { status: 'opening' },
  opening,
})
