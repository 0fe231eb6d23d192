import type { Message, Words } from '../runtime.ts'
import { ENGLISH } from './english.ts'

/** How an answer ended that was stopped or cut; empty for others. */
export function endingOf({ status, cutReason }: Message, given: Words): string {
  const words = { ...ENGLISH, ...given }
  if (status === 'stopped') return words.stopped
  if (status !== 'cut') return ''
  if (cutReason === 'time_limit') return words.cutTime
  if (cutReason === 'budget') return words.cutBudget
  return cutReason === 'content_filter' ? words.cutFilter : words.cutLength
}
