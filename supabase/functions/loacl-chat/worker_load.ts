import { CodedError } from '../_shared/domain/coded_error.ts'

export interface WorkerLoadOptions {
  /** How many turns the worker runs at a time. */
  maxTurns: number
  /** Bytes that it holds, `null` where the platform doesn't say. */
  memory: () => number | null
  /** Aborted when the worker is about to be ended, as when it has used up its processor time. */
  shutdown: AbortSignal
}

/** Of the 256 MB that a hosted worker has: the rest is for the turns that run, and for garbage. */
const MEMORY_LIMIT = 192 * 1024 * 1024
/** Bytes of files that are looked through at a time: each is there twice meanwhile. */
const FILES_LIMIT = 32 * 1024 * 1024
/** By then some turns have ended, or the platform has another worker. */
const RETRY_AFTER_MS = 2_000

/** What a worker has to do. One that has too much would be ended by its platform, with all the turns that it runs. */
export class WorkerLoad {
  readonly #options: WorkerLoadOptions
  #turns = 0
  #fileBytes = 0

  constructor(options: WorkerLoadOptions) {
    this.#options = options
  }

  get isFull(): boolean {
    const { maxTurns, memory, shutdown } = this.#options
    return shutdown.aborted || this.#turns >= maxTurns || (memory() ?? 0) > MEMORY_LIMIT
  }

  /**
   * Takes a turn in: call it before anything of it is stored, and what it returns once the turn has ended.
   * @throws CodedError `busy`
   */
  enter(): () => void {
    if (this.isFull) throw busy()
    this.#turns++
    let isIn = true
    return () => {
      if (isIn) this.#turns--
      isIn = false
    }
  }

  /**
   * Takes a file in that is about to be read: call what it returns once its bytes are let go. One alone may be of any size.
   * @throws CodedError `busy`
   */
  hold(fileBytes: number): () => void {
    if (this.#fileBytes > 0 && this.#fileBytes + fileBytes > FILES_LIMIT) throw busy()
    this.#fileBytes += fileBytes
    return () => (this.#fileBytes -= fileBytes)
  }
}

const busy = (): CodedError =>
  new CodedError('busy', 'There is too much to do at the moment. Please try again in a few seconds.', {
    retryAfterMs: RETRY_AFTER_MS,
  })
