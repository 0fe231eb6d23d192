import type { CallAnswer, CallResult } from '@loacl/wire'
import { post } from './call_requests.ts'
import { hasCode } from './error_codes.ts'
import { type Outcome, TOO_LARGE } from './run_tool.ts'
import type { ThreadContext } from './thread_context.ts'

/** Where a call of the page's is asked about. */
export const pathOf = (callId: string): string => `calls/${encodeURIComponent(callId)}`

/** Says what has come of a call that this tab has claimed. */
export async function sendOutcome(
  thread: Pick<ThreadContext, 'client'>,
  callId: string,
  tab: string,
  outcome: Outcome,
  signal: AbortSignal | undefined,
): Promise<CallAnswer> {
  const send = (result: CallResult) => post<CallAnswer>(thread, `${pathOf(callId)}/result`, result, 'turnId', signal)
  return await send({ tab, ...outcome }).catch((error: unknown) => {
    // Its owner has set a lower limit.
    if (!hasCode(error, 'tool_result_too_large') || 'error' in outcome) throw error
    return send({ tab, error: TOO_LARGE })
  })
}
