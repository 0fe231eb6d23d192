import { h } from 'preact'
import type { ErrorCode, LoaclError } from '@loacl/core'
import { Alert } from '../alert.tsx'
import type { Ui } from '../ui.ts'
import { describeError } from './error_words.ts'
import { MORE_WORDS } from './words.ts'

/** Errors that another try can't mend, but a new thread can. */
const NEEDS_NEW_THREAD: ReadonlySet<string> = new Set([
  'thread_not_found',
  'message_not_found',
  'thread_full',
  'session_missing',
  'session_invalid',
  'session_expired',
  'session_mismatch',
] satisfies ErrorCode[])

/** What went wrong, and what to press. */
export function Failure({ ui, error, retry }: { ui: Ui; error: LoaclError; retry: () => void }) {
  const words = { ...MORE_WORDS, ...ui.strings.value }
  const { code, requestId, retryAfterMs } = error
  const lost = NEEDS_NEW_THREAD.has(code)
  return (
    <Alert
      text={describeError(code, words, retryAfterMs, ui.locale.value)}
      action={lost ? words.startOver : words.tryAgain}
      onPress={lost ? ui.newThread : retry}
    >
      <small title={requestId}>{code}</small>
    </Alert>
  )
}
