import type { NumberedPart, StreamPart } from '@loacl/wire'
import { toCodedError, type CodedError } from './coded_error.ts'
import { retryWhileAway } from './retry.ts'
import type { TurnIds, TurnStore } from './store.ts'

export interface PartLogOptions {
  /** After how long without a part the lease is renewed and a request to stop is polled for. */
  heartbeatMs?: number
  /** Called once, when the store says that the visitor wants the turn to end. */
  onStop: () => void
  /** Called with the number of the last part that is stored, each time that there are more. */
  onStored?: ((seq: number) => void) | undefined
  /** Called once, when parts can't be stored any more: the lease is lost, or the database is away for too long. */
  onLost: (error: CodedError) => void
}

/** Pause after a batch, in which parts are gathered for the next: text flows. */
const FIRST_PAUSE_MS = 100
/** Of an answer that is longer than that anyway. */
const LONG_PAUSE_MS = 250
/** From the shorter to the longer pause: a share of the time since the first words. */
const SHARE_OF_TIME = 0.08
/** A database that takes long for a batch has much to do: it is asked less often by this many times as long. */
const TIMES_THE_DURATION = 4
/** Well within what a worker may be silent for. */
const MAX_PAUSE_MS = 2_000

const ORPHANING = /^(turn_lease_lost|database_unavailable)$/

/** How long to gather, `elapsed` milliseconds after the first words, when storing the last batch took `duration`. */
export const pauseAfter = (elapsed: number, duration: number): number =>
  Math.min(
    MAX_PAUSE_MS,
    Math.max(FIRST_PAUSE_MS, Math.min(LONG_PAUSE_MS, elapsed * SHARE_OF_TIME), duration * TIMES_THE_DURATION),
  )

/** Parts after which others follow at once: they are stored with those, or with the next beat. */
const isOpening = ({ type }: StreamPart): boolean =>
  type === 'start' || type === 'data-turn' || type === 'text-start' || type === 'reasoning-start'

/**
 * Stores the parts of a turn's step as they come, in batches, in order and each once, and never makes the model wait for it.
 * Its heartbeat renews the lease and polls for a request to stop.
 */
export class PartLog {
  readonly #store: TurnStore
  readonly #turn: TurnIds['turn']
  readonly #options: PartLogOptions & { heartbeatMs: number }
  readonly #running: Promise<void>
  #pending: StreamPart[] = []
  #isDue = false
  #isClosing = false
  /** Ends the present wait. */
  #wake = () => {}
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
    this.#options = { heartbeatMs: 700, ...options }
    this.#running = this.#run()
  }

  /** Why parts can't be stored any more, if so. */
  get lost(): CodedError | null {
    return this.#lost
  }

  /** Whether there are parts that nobody will store: the lease is another's, the turn has ended, or the database was away too long. */
  get hasOrphans(): boolean {
    return ORPHANING.test(this.#lost?.code ?? '') && this.#stored < this.#last
  }

  /** Number of the last part that is stored. */
  get stored(): number {
    return this.#stored
  }

  /** Number of the last part. */
  get last(): number {
    return this.#last
  }

  /** Numbers a part and stores it soon. */
  push(part: StreamPart): NumberedPart {
    this.#pending.push(part)
    if (!isOpening(part)) this.#isDue = true
    if (this.#isDue) this.#wake()
    return { seq: ++this.#last, part }
  }

  /** Stores what is left, and beats no more. Nothing may be pushed after it. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    let begunAt: number | null = null
    try {
      while (!this.#isClosing) {
        if (!this.#isDue) await this.#wait(this.#options.heartbeatMs, () => this.#isDue)
        if (this.#isClosing) break
        const isSaid = this.#isDue
        const startedAt = performance.now()
        await this.#storeBatch()
        if (!isSaid) continue
        begunAt ??= startedAt
        const now = performance.now()
        await this.#wait(pauseAfter(now - begunAt, now - startedAt))
      }
      if (this.#pending.length > 0) await this.#storeBatch()
    } catch (error) {
      this.#lost = toCodedError(error)
      this.#options.onLost(this.#lost)
    }
  }

  /** Until it is closed, `isOver` says so when a part comes, or so many milliseconds have passed. */
  async #wait(ms: number, isOver = () => false): Promise<void> {
    if (this.#isClosing) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        if (!this.#isClosing && !isOver()) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }

  /** One batch, tried again unchanged: a try whose answer was lost may have been stored. */
  async #storeBatch(): Promise<void> {
    const batch = this.#pending
    this.#pending = []
    this.#isDue = false
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
