import { h } from 'preact'
import type { LoaclError } from '@loacl/core'
import { Alert } from './alert.tsx'
import type { Ui } from './ui.ts'

interface FailureProps {
  ui: Ui
  error: LoaclError
  retry: () => void
}

/** What went wrong, in words for each error once they are there, or else in the panel's own. */
export function Failure({ ui, error, retry }: FailureProps) {
  const { words } = ui
  const { loaded, failed } = ui.features.errors
  if (loaded) return <loaded.ErrorAlert ui={ui} error={error} retry={retry} />
  if (!failed) return null
  const text = (error.code === 'network' && words.errors.network) || words.errors.other
  return <Alert text={text} action={words.tryAgain} onPress={retry} />
}
