import type { Message } from '@loacl/core'
import type { Words } from '../strings.ts'

/** How an answer ended that was stopped or cut; empty for others. */
export function endingOf({ status, cutReason }: Message, words: Words): string {
  if (status === 'stopped') return words.stopped
  if (status !== 'cut') return ''
  if (cutReason === 'time_limit') return words.cutTime
  if (cutReason === 'budget') return words.cutBudget
  return cutReason === 'content_filter' ? words.cutFilter : words.cutLength
}
