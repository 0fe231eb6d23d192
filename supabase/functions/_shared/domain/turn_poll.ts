import { retryWhileAway, wait } from './retry.ts'
import type { Caller, StoredTurn, TurnStore } from './store.ts'

/** Pause before each look at a running turn. */
const POLL_MS = 250

/**
 * The turn as it is a moment from now. Its parts begin at place `after` or earlier: whoever shares the look may have
 * asked for more. Rejects as `readTurn` does, once the database has been away for long.
 */
export type NextLook = (turnId: string, after: number, caller: Caller) => Promise<StoredTurn>

class Look {
  after: number
  /** It has not begun to read: whoever asks for a look now shares it. */
  isAhead = true
  readonly turn: Promise<StoredTurn>

  constructor(after: number, before: Look | undefined, read: (after: number) => Promise<StoredTurn>) {
    this.after = after
    this.turn = this.#take(before, read)
  }

  async #take(before: Look | undefined, read: (after: number) => Promise<StoredTurn>): Promise<StoredTurn> {
    await Promise.allSettled([wait(POLL_MS), before?.turn])
    this.isAhead = false
    return read(this.after)
  }
}

/**
 * Looks at running turns for all readers in this worker. However many readers a visitor opens, their turn is read once
 * at a time. Only readers with the same credentials share a look, so every look checks the rights of all it serves.
 */
export function createTurnPoll(store: Pick<TurnStore, 'readTurn'>): NextLook {
  const latest = new Map<string, Look>()

  return (turnId, after, caller) => {
    const key = JSON.stringify([turnId, caller])
    const last = latest.get(key)
    if (last?.isAhead) {
      last.after = Math.min(last.after, after)
      return last.turn
    }
    const look = new Look(after, last, (from) => retryWhileAway(() => store.readTurn(turnId, from, caller)))
    latest.set(key, look)
    const forget = () => {
      if (latest.get(key) === look) latest.delete(key)
    }
    look.turn.then(forget, forget)
    return look.turn
  }
}
