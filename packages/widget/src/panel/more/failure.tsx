import { h } from 'preact'
import { remedyOf, type LoaclError } from '@loacl/core'
import { Alert } from '../alert.tsx'
import type { Ui } from '../ui.ts'
import { describeError } from './error_words.ts'
import { MORE_WORDS } from './words.ts'

/** What went wrong, and what to press. */
export function Failure({ ui, error, retry }: { ui: Ui; error: LoaclError; retry: () => void }) {
  const words = { ...MORE_WORDS, ...ui.strings.value }
  const { code, requestId, retryAfterMs } = error
  const isOver = remedyOf(code) === 'start_over'
  return (
    <Alert
      text={describeError(code, words, retryAfterMs, ui.locale.value)}
      action={isOver ? words.startOver : words.tryAgain}
      onPress={isOver ? ui.newThread : retry}
    >
      <small title={requestId}>{code}</small>
    </Alert>
  )
}
