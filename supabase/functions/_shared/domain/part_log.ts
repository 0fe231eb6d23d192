import type { NumberedPart, StreamPart } from '@loacl/wire'
import { toCodedError, type CodedError } from './coded_error.ts'
import { retryWhileAway, wait } from './retry.ts'
import type { TurnIds, TurnStore } from './store.ts'

export interface PartLogOptions {
  /** Pause after each batch, in which parts are gathered for the next. */
  batchMs?: number
  /** After how long without a part the lease is renewed and a request to stop is polled for. */
  heartbeatMs?: number
  /** Called once, when the store says that the visitor wants the turn to end. */
  onStop: () => void
  /** Called with the number of the last part that is stored, each time that there are more. */
  onStored?: ((seq: number) => void) | undefined
  /** Called once, when parts can't be stored any more: the lease is lost, or the database is away for too long. */
  onLost: (error: CodedError) => void
}

/**
 * Stores the parts of a turn's step as they come, in batches, in order and each once, and never makes the model wait for it.
 * Its heartbeat renews the lease and polls for a request to stop.
 */
export class PartLog {
  readonly #store: TurnStore
  readonly #turn: TurnIds['turn']
  readonly #options: PartLogOptions & { batchMs: number; heartbeatMs: number }
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #wake = new AbortController()
  #pending: StreamPart[] = []
  #stored: number
  #last: number
  #stopSeen = false
  #lost: CodedError | null = null

  /** @param last number of the turn's last part so far */
  constructor(store: TurnStore, turn: TurnIds['turn'], last: number, options: PartLogOptions) {
    this.#stored = last
    this.#last = last
    this.#store = store
    this.#turn = turn
    this.#options = { batchMs: 100, heartbeatMs: 700, ...options }
    this.#running = this.#run()
  }

  /** Why parts can't be stored any more, if so. */
  get lost(): CodedError | null {
    return this.#lost
  }

  /** Whether there are parts that nobody will store: the lease is another's, or the turn has ended. */
  get hasOrphans(): boolean {
    return this.#lost?.code === 'turn_lease_lost' && this.#stored < this.#last
  }

  /** Number of the last part. */
  get last(): number {
    return this.#last
  }

  /** Numbers a part and stores it soon. */
  push(part: StreamPart): NumberedPart {
    this.#pending.push(part)
    this.#wake.abort()
    return { seq: ++this.#last, part }
  }

  /** Stores what is left, and beats no more. Nothing may be pushed after it. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { batchMs, heartbeatMs, onLost } = this.#options
    try {
      while (!this.#closing.signal.aborted) {
        if (this.#pending.length === 0) {
          this.#wake = new AbortController()
          await wait(heartbeatMs, this.#wake.signal)
          // What comes at once is stored at once.
          await wait(0, this.#closing.signal)
        }
        if (this.#closing.signal.aborted) break
        // A reader waits for what is said; the two first parts, and a beat, keep nobody waiting.
        const isSaid = this.#pending.length > 0 && this.#last > 2
        await this.#storeBatch()
        if (isSaid) await wait(batchMs, this.#closing.signal)
      }
      if (this.#pending.length > 0) await this.#storeBatch()
    } catch (error) {
      this.#lost = toCodedError(error)
      onLost(this.#lost)
    }
  }

  /** One batch, tried again unchanged: a try whose answer was lost may have been stored. */
  async #storeBatch(): Promise<void> {
    const batch = this.#pending
    this.#pending = []
    const seq = this.#stored + 1
    const { stopRequested } = await retryWhileAway(() => this.#store.appendParts(this.#turn, seq, batch))
    this.#stored += batch.length
    if (batch.length > 0) this.#options.onStored?.(this.#stored)
    if (stopRequested && !this.#stopSeen) {
      this.#stopSeen = true
      this.#options.onStop()
    }
  }
}
