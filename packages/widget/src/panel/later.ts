import { type ReadonlySignal, signal } from '@preact/signals-core'

/** Code that a visitor may never want, with the style that it needs. */
interface Part {
  readonly styles: string
}

/** A part that is fetched when it is first wanted. */
export interface Later<T> {
  /** `null` until it is there. */
  readonly part: ReadonlySignal<T | null>
  /** It did not come, or not in time. */
  readonly failed: ReadonlySignal<boolean>
  /** Fetches it where that is still to do, and once more where it failed. */
  want(): void
}

/** How a part is fetched. `attempt` counts from 0. */
export type FetchPart<T> = (attempt: number) => Promise<T>

/** From when on the visitor is better served without it, in milliseconds. It is used all the same when it comes. */
const PATIENCE = 2000

/**
 * @param adopt makes the styles of a part those of the panel
 * @param report hears why a part did not come
 */
export function createLater<T extends Part>(
  fetch: FetchPart<T>,
  adopt: (styles: string) => void,
  report: (cause: unknown) => void,
): Later<T> {
  const part = signal<T | null>(null)
  const failed = signal(false)
  let attempts = 0
  let fetching = false
  let timer: ReturnType<typeof setTimeout>

  async function want(): Promise<void> {
    failed.value = false
    clearTimeout(timer)
    timer = setTimeout(() => (failed.value = true), PATIENCE)
    if (fetching) return
    fetching = true
    try {
      const came = await fetch(attempts++)
      adopt(came.styles)
      part.value = came
    } catch (error) {
      failed.value = true
      report(error)
    }
    fetching = false
    clearTimeout(timer)
  }

  return { part, failed, want: () => void (part.peek() || want()) }
}
