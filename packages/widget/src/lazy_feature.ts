/** Code or words that are fetched when they are first needed. */
export interface LazyFeature<T> {
  /** `null` until it is there. */
  readonly loaded: T | null
  /** It did not come, or not in time. */
  readonly failed: boolean
  /** Fetches it where that is still to do, again where it failed. Resolves when it is there or has failed. */
  load(): Promise<void>
}

/** From when on the visitor is better served without it. It is used all the same when it comes. */
const TIMEOUT_MS = 2000

/**
 * @param fetch `attempt` counts from 0
 * @param report is told why it did not come
 * @param onChange is called when it is there, has failed, or is tried again
 */
export function createLazyFeature<T>(
  fetch: (attempt: number) => Promise<T>,
  report: (cause: unknown) => void,
  onChange: () => void,
): LazyFeature<T> {
  let loaded: T | null = null
  let failed = false
  let attempts = 0
  let fetching: Promise<void> | null = null

  async function fetchOnce(): Promise<void> {
    try {
      loaded = await fetch(attempts++)
    } catch (error) {
      report(error)
    }
    fetching = null
    onChange()
  }

  function setFailed(next: boolean): void {
    if (failed === next) return
    failed = next
    onChange()
  }

  return {
    get loaded() {
      return loaded
    },
    get failed() {
      return failed
    },
    async load() {
      if (loaded) return
      setFailed(false)
      fetching ??= fetchOnce()
      let timer: ReturnType<typeof setTimeout>
      const timeout = new Promise((resolve) => (timer = setTimeout(resolve, TIMEOUT_MS)))
      await Promise.race([fetching, timeout])
      clearTimeout(timer!)
      setFailed(!loaded)
    },
  }
}
