import type { ErrorCode, ToolStrings } from '../runtime.ts'

export interface ToolWords extends ToolStrings {
  /** Why a decision was refused; other codes have their words in the feature `errors`. */
  errors: Partial<Record<ErrorCode, string>>
}

export const ENGLISH: ToolWords = {
  toolRunning: 'Running…',
  toolDone: 'Done',
  toolApproved: 'Approved',
  toolDenied: 'Denied by you',
  toolInput: 'Sent',
  toolOutput: 'Received',
  approvalHost: 'Goes to {host}',
  approve: 'Approve',
  deny: 'Deny',
  approvalExpires: 'Expires {when}',
  approvalSending: 'Sending…',
  approvalsWaiting: {
    one: 'A request waits for your approval:',
    other: '{count} requests wait for your approval:',
  },
  toolErrors: {
    tool_unknown: 'There is no such tool here.',
    arguments_invalid: 'It was called in a wrong way, and did not run.',
    too_many_calls: 'That was too many at once. It did not run.',
    tool_unreachable: 'It can’t be reached.',
    tool_timeout: 'It did not answer in time.',
    tool_result_invalid: 'Its answer can’t be read.',
    tool_result_too_large: 'Its answer is too long.',
    tool_refused: 'It refused.',
    tool_failed: 'It failed.',
    tool_changed: 'It was changed in the meantime, and did not run.',
    page_unavailable: 'No open page could run it.',
    expired: 'Not approved in time. It did not run.',
    stopped: 'Stopped. It did not run.',
    cancelled: 'Cancelled by your next message. It did not run.',
    unknown: 'It began to run. What came of it is not known.',
  },
  errors: {
    execution_not_found: 'This request is no longer there.',
    execution_decided: 'This was decided already, perhaps in another tab.',
    approval_expired: 'The time for this is over. It will not run.',
  },
}
