import { type ReadonlySignal, signal } from '@preact/signals-core'

/** Code or words that are fetched when they are first needed. */
export interface LazyFeature<T> {
  /** `null` until it is there. */
  readonly loaded: ReadonlySignal<T | null>
  /** It did not come, or not in time. */
  readonly failed: ReadonlySignal<boolean>
  /** Fetches it where that is still to do, again where it failed. Resolves when it is there or has failed. */
  load(): Promise<void>
}

/** From when on the visitor is better served without it. It is used all the same when it comes. */
const TIMEOUT_MS = 2000

/**
 * @param fetch `attempt` counts from 0
 * @param report is told why it did not come
 */
export function createLazyFeature<T>(
  fetch: (attempt: number) => Promise<T>,
  report: (cause: unknown) => void,
): LazyFeature<T> {
  const loaded = signal<T | null>(null)
  const failed = signal(false)
  let attempts = 0
  let fetching: Promise<void> | null = null
  let timer: ReturnType<typeof setTimeout>

  async function fetchOnce(): Promise<void> {
    try {
      loaded.value = await fetch(attempts++)
    } catch (error) {
      report(error)
    }
    fetching = null
  }

  return {
    loaded,
    failed,
    async load() {
      if (loaded.peek()) return
      failed.value = false
      fetching ??= fetchOnce()
      clearTimeout(timer)
      const timeout = new Promise((resolve) => (timer = setTimeout(resolve, TIMEOUT_MS)))
      await Promise.race([fetching, timeout])
      clearTimeout(timer)
      failed.value = !loaded.peek()
    },
  }
}
