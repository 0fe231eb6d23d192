import { abortError } from '../abort.ts'
import { runningTurn } from '../thread_state.ts'
import type { LoaclClient, Thread, Turn } from '../types.ts'
import { nextState } from './answer_runs.ts'
import { answerPageCall, type AnsweredCall, partOf, waitingCalls } from './page_calls.ts'
import type { ChatMessage } from './ui_message.ts'

type Part = ChatMessage['parts'][number]

const isAnswered = (part: Part): part is AnsweredCall =>
  'toolCallId' in part && (part.state === 'output-available' || part.state === 'output-error')

/** Followed from its start, a turn comes to where it waits for what was answered here, or to where others have answered it. */
async function untilTold(thread: Thread, parts: readonly Part[], signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    const state = thread.getSnapshot()
    const running = runningTurn(state)
    const isOpen = (part: Part) => {
      if (!('toolCallId' in part) || !(part.state === 'approval-responded' || isAnswered(part))) return false
      // Not told yet, or told as one that nobody has answered.
      return /^(input|approval-requested)|^$/.test(partOf(state, part.toolCallId)?.state ?? '')
    }
    if (!running || !parts.some(isOpen)) return
    await nextState(thread, signal)
    if (!signal?.aborted) continue
    running.stop()
    throw abortError(signal)
  }
}

/**
 * Sends what was answered on the page by `addToolApprovalResponse` and `addToolOutput`: to those calls, by their ids, that this
 * thread's turn waits for, and results for the page's own tools alone. All else in the message is the page's own and read by
 * nobody. Gives the turn, where it runs then.
 */
export async function answerCalls(
  client: LoaclClient,
  thread: Thread,
  { parts }: ChatMessage,
  signal: AbortSignal | undefined,
): Promise<Turn | undefined> {
  await untilTold(thread, parts, signal)
  if (thread.getSnapshot().turn.status !== 'waiting') await thread.load({ signal })
  for (const part of parts) {
    if (!('toolCallId' in part)) continue
    const { toolCallId } = part
    const call = waitingCalls(thread.getSnapshot()).find(({ id }) => id === toolCallId)
    if (call?.status === 'pending' && part.state === 'approval-responded') {
      const { approved, reason } = part.approval
      if (approved) await thread.approve(toolCallId, { signal })
      else await thread.deny(toolCallId, reason, { signal })
    }
    if (call?.kind === 'page' && /^(approved|running)$/.test(call.status) && isAnswered(part))
      await answerPageCall(client, thread, part, signal)
  }
  const state = thread.getSnapshot()
  // What waits is not followed: its stream would tell no more than what the page has.
  return runningTurn(state) ?? (state.turn.status === 'waiting' ? undefined : (thread.resume() ?? undefined))
}
