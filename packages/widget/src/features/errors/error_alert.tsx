import { remedyOf } from '../remedy.ts'
import { Alert, h, type LoaclError, type Ui } from '../runtime.ts'
import { describeError } from './describe_error.ts'
import { ENGLISH } from './english.ts'

/** What went wrong, and what to press. */
export function ErrorAlert({ ui, error, retry }: { ui: Ui; error: LoaclError; retry: () => void }) {
  const words = { ...ENGLISH, ...ui.words }
  const { code, requestId, retryAfterMs } = error
  const isOver = remedyOf(code) === 'start_over'
  return (
    <Alert
      text={describeError(code, words, retryAfterMs, ui.locale)}
      action={isOver ? words.startOver : words.tryAgain}
      onPress={isOver ? ui.newThread : retry}
    >
      <small title={requestId}>{code}</small>
    </Alert>
  )
}
