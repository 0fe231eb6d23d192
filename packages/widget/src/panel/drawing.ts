import type { Message } from '@loacl/core'
import { keyOf } from './message.tsx'

/** How many of the newest messages are drawn at first. */
const AT_FIRST = 100
/** How many more when the visitor goes further back. */
const MORE = 50

/** How far a conversation is drawn. */
export interface Drawn {
  /** How many of the newest messages. -1: of all, there is the composer alone; -2: of that, its text field. */
  count: number
  /** How many of the oldest wait until the visitor goes back to them. */
  left: number
  /** All others have been drawn once. */
  settled: boolean
  /** All others are drawn. */
  done: boolean
}

/**
 * Draws the panel from its text field on and the conversation from its newest message on, a few messages in each task, so
 * that a slow device hears its visitor between them; the more are drawn, the more in each.
 */
export function createDrawing() {
  /** Names the oldest message that is to be drawn. */
  let oldest: string | undefined
  let count = -2
  let begun = false
  let left = 0
  let settled = false
  const placeOf = (messages: readonly Message[]) => messages.findIndex((message) => keyOf(message) === oldest)
  const drawFrom = (message: Message | undefined) => (oldest = message && keyOf(message))
  return {
    begin(): void {
      begun = true
    },
    /** Draws on. Messages that come at the end are drawn, and make none go. */
    next(messages: readonly Message[]): Drawn {
      const place = placeOf(messages)
      const newest = Math.max(0, messages.length - AT_FIRST)
      left = place < 0 ? newest : Math.min(place, newest)
      const goal = messages.length - left
      drawFrom(messages[left])
      settled &&= place >= 0
      if (begun) count = Math.min(goal, count + (settled || count > 9 ? Math.max(2, count >> 6) : 1))
      const done = count === goal
      settled ||= done
      return { count, left, settled, done }
    },
    /** Whether some that are there wait. */
    hasMore: () => left > 0,
    extend(messages: readonly Message[], by = MORE): void {
      drawFrom(messages[Math.max(0, placeOf(messages) - by)])
    },
    /** Leaves the newest alone. */
    shorten: () => drawFrom(undefined),
  }
}
