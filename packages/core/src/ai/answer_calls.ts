import type { Thread, Turn } from '../types.ts'
import { runningTurn } from '../thread_state.ts'
import type { ChatMessage } from './ui_message.ts'

/**
 * Sends what the visitor has answered on the page by `addToolApprovalResponse`: to those calls, by their ids, that this
 * thread's turn waits for. All else in the message is the page's own and read by nobody. Gives the turn, where it goes on.
 */
export async function answerCalls(
  thread: Thread,
  { parts }: ChatMessage,
  signal: AbortSignal | undefined,
): Promise<Turn | undefined> {
  if (thread.getSnapshot().turn.status !== 'waiting') await thread.load({ signal })
  for (const part of parts) {
    if (!('approval' in part) || part.state !== 'approval-responded' || !isPending(thread, part.toolCallId)) continue
    const { approved, reason } = part.approval
    if (approved) await thread.approve(part.toolCallId, { signal })
    else await thread.deny(part.toolCallId, reason, { signal })
  }
  const turn = runningTurn(thread.getSnapshot()) ?? thread.resume()
  return turn ?? undefined
}

function isPending(thread: Thread, callId: string): boolean {
  const { turn } = thread.getSnapshot()
  return turn.status === 'waiting' && turn.calls.some(({ id, status }) => id === callId && status === 'pending')
}
