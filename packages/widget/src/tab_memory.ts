/** Small values that outlive a reload of this tab, where the browser lets them. */
export interface TabMemory {
  get(name: string): string | null
  /** `null` forgets. */
  set(name: string, value: string | null): void
}

/** Kept in `storage` under names that begin with `prefix`; in memory alone where there is none, or it is blocked or full. */
export function createTabMemory(prefix: string, storage: () => Storage | null): TabMemory {
  const values = new Map<string, string | null>()
  return {
    get(name) {
      if (values.has(name)) return values.get(name)!
      try {
        return storage()?.getItem(prefix + name) ?? null
      } catch {
        return null
      }
    },
    set(name, value) {
      values.set(name, value)
      try {
        if (value === null) storage()?.removeItem(prefix + name)
        else storage()?.setItem(prefix + name, value)
      } catch {
        // Blocked or full: the copy above serves until the page goes.
      }
    },
  }
}
