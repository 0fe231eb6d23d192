import type { MessageStatus, Timestamp } from './dto.ts'
import type { DataParts } from './parts/index.ts'

/** Largest accepted body of what is asked about a call, in bytes. Above it: `body_too_large`. */
export const MAX_CALL_BODY_BYTES = 300_000

/** Most that a page's tool may give, in bytes of JSON. Its owner may have set less. Above it: `tool_result_too_large`. */
export const MAX_RESULT_BYTES = 262_144

/**
 * Body of `POST /calls/:id/decision`. Answered by a `CallAnswer`. The same decision again is no error; another one is
 * `execution_decided`.
 */
export interface CallDecision {
  approved: boolean
  /** As the call's part gave it: what is approved is what was shown. */
  argumentsDigest: string
  /** Why not, for the model. */
  reason?: string
}

/** Body of `POST /calls/:id/claim`: this tab runs the call, and no other. Answered by a `ClaimedCall`. */
export interface CallClaim {
  /** Made by the tab. The same one may claim again. */
  tab: string
}

export interface ClaimedCall {
  arguments: Readonly<Record<string, unknown>>
  /** Until when the result is waited for. */
  expiresAt: Timestamp
}

/** Body of `POST /calls/:id/result`, by the tab that has claimed it. `error`: why there is none. Answered by a `CallAnswer`. */
export type CallResult = { tab: string } & ({ output: unknown } | { error: string })

/**
 * How the turn stands. Where it runs, `GET /turns/:id` follows it. `POST /turns/:id/continue` is answered so, too: it ends
 * what is overdue.
 */
export interface CallAnswer {
  turnId: string
  state: 'running' | Exclude<MessageStatus, 'streaming'>
  waiting: DataParts['waiting'] | null
}
