import type { ErrorCode } from '@loacl/wire'
import { LoaclError } from './errors.ts'
import type { Turn, TurnEvent, TurnResult } from './types.ts'

export interface TurnLog {
  readonly turn: Turn
  /** Nothing can follow an `end`. */
  push(event: TurnEvent): void
}

/** A turn's events, kept, so that each iterator can replay them from the start. */
export function createTurnLog(id: string, stop: () => void): TurnLog {
  const events: TurnEvent[] = []
  const waiting: (() => void)[] = []
  let end: (result: TurnResult) => void
  const done = new Promise<TurnResult>((resolve) => (end = resolve))

  return {
    turn: {
      id,
      done,
      stop,
      async text() {
        const result = await done
        if (result.status === 'failed') throw result.error
        return result.message.content
      },
      async *[Symbol.asyncIterator]() {
        for (let next = 0; ; next++) {
          while (!events[next]) await new Promise<void>((resolve) => waiting.push(resolve))
          yield events[next]!
          if (events[next]!.type === 'end') return
        }
      },
    },
    push(event) {
      events.push(event)
      if (event.type === 'end') end(event.result)
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

/** A turn that has failed before it began, and changed nothing. */
export function refusedTurn(id: string, code: ErrorCode): Turn {
  const { turn, push } = createTurnLog(id, () => {})
  push({ type: 'end', result: { status: 'failed', error: new LoaclError(code) } })
  return turn
}
