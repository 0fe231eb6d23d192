import { isTerminal, type NumberedPart } from '@loacl/wire'
import type { PartStream } from './part_stream.ts'

/** Parts that say nothing of the answer, and may leave before they are stored. */
const isAhead = ({ part }: NumberedPart): boolean => part.type === 'start' || part.type === 'data-turn'

/**
 * Sends a turn's parts once they are stored: what a visitor has read is there after a reload, even where the worker dies.
 * What comes after the answer is stored with it, and waits no more. Parts that could not be stored are not shown.
 */
export function sendStored(stream: Pick<PartStream, 'send'>) {
  let waiting: NumberedPart[] = []
  let isAnswered = false
  /** Number of the last part that is stored: it may be so before it comes here. */
  let lastStored = 0
  const release = (seq: number) => {
    lastStored = Math.max(lastStored, seq)
    const from = waiting.findIndex((numbered) => numbered.seq > seq)
    const stored = waiting.splice(0, from < 0 ? waiting.length : from)
    if (stored.length > 0) stream.send(stored)
  }
  return {
    /** Parts are stored up to this number. */
    onStored: release,
    send(numbered: NumberedPart): void {
      const { type } = numbered.part
      if (type === 'data-answer-complete' || type === 'data-waiting') {
        isAnswered = true
        release(numbered.seq)
      }
      // A stream that begins anew takes back what came before.
      if (type === 'start' || isTerminal(numbered.part) || type === 'data-error') waiting = []
      if (
        isAnswered ||
        isAhead(numbered) ||
        numbered.seq <= lastStored ||
        isTerminal(numbered.part) ||
        type === 'data-error'
      )
        stream.send([numbered])
      else waiting.push(numbered)
    },
  }
}
