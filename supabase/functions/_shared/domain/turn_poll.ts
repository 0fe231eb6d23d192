import { retryWhileAway, wait } from './retry.ts'
import type { Caller, StoredTurn, TurnStore } from './store.ts'

/** Pause before each read of a running turn. */
const POLL_MS = 250

/**
 * The turn as it is a moment from now. Its parts begin at place `after` or earlier: whoever shares the read may have
 * asked for more. Rejects as `readTurn` does, once the database has been away for long.
 */
export type PollTurn = (turnId: string, after: number, caller: Caller) => Promise<StoredTurn>

class Poll {
  after: number
  /** It has not begun to read: whoever asks now shares it. */
  isAhead = true
  readonly turn: Promise<StoredTurn>

  constructor(after: number, before: Poll | undefined, read: (after: number) => Promise<StoredTurn>) {
    this.after = after
    this.turn = this.#take(before, read)
  }

  async #take(before: Poll | undefined, read: (after: number) => Promise<StoredTurn>): Promise<StoredTurn> {
    await Promise.allSettled([wait(POLL_MS), before?.turn])
    this.isAhead = false
    return read(this.after)
  }
}

/**
 * Reads running turns for all readers in this worker. However many readers a visitor opens, their turn is read once
 * at a time. Only readers with the same credentials share a read, so each one checks the rights of all it serves.
 */
export function createTurnPoll(store: Pick<TurnStore, 'readTurn'>): PollTurn {
  const latest = new Map<string, Poll>()

  return (turnId, after, caller) => {
    const key = JSON.stringify([turnId, caller])
    const last = latest.get(key)
    if (last?.isAhead) {
      last.after = Math.min(last.after, after)
      return last.turn
    }
    const poll = new Poll(after, last, (from) => retryWhileAway(() => store.readTurn(turnId, from, caller)))
    latest.set(key, poll)
    const forget = () => {
      if (latest.get(key) === poll) latest.delete(key)
    }
    poll.turn.then(forget, forget)
    return poll.turn
  }
}
