import { Alert, type ErrorCode, h, type LoaclError, type Ui } from '../runtime.ts'
import { describeError } from './describe_error.ts'
import { ENGLISH } from './english.ts'

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
export function ErrorAlert({ ui, error, retry }: { ui: Ui; error: LoaclError; retry: () => void }) {
  const words = { ...ENGLISH, ...ui.strings.value }
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
