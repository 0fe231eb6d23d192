import { h } from 'preact'
import type { LoaclError } from '@loacl/core'
import { Alert } from './alert.tsx'
import { reactive } from './reactive.ts'
import type { Ui } from './ui.ts'

interface FailureProps {
  ui: Ui
  error: LoaclError
  retry: () => void
}

/** What went wrong, in words for each error once they are there, or else in the panel's own. */
export const Failure = reactive(({ ui, error, retry }: FailureProps) => {
  const { loaded, failed } = ui.features.errors
  const words = ui.strings.value
  if (loaded.value) return <loaded.value.ErrorAlert ui={ui} error={error} retry={retry} />
  if (!failed.value) return null
  const text = (error.code === 'network' && words.errors.network) || words.errors.other
  return <Alert text={text} action={words.tryAgain} onPress={retry} />
})
