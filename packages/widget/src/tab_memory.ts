/** Small values that outlive a reload of this tab, where the browser lets them. */
export interface TabMemory {
  get(name: string): string | null
  /** `null` forgets. */
  set(name: string, value: string | null): void
  /** Writes at once what waits to be written. */
  write(): void
}

/** How long what was set may wait to be written, in milliseconds. Writing at each key would hold up who types. */
const DELAY = 300

/** Kept in `storage` under names that begin with `prefix`; in memory alone where there is none, or it is blocked or full. */
export function createTabMemory(prefix: string, storage: (() => Storage) | null): TabMemory {
  const values = new Map<string, string | null>()
  const unwritten = new Set<string>()
  let timer: ReturnType<typeof setTimeout>

  function write(): void {
    if (!storage) return
    clearTimeout(timer)
    removeEventListener('pagehide', write)
    for (const name of unwritten) {
      const value = values.get(name) ?? null
      try {
        if (value === null) storage().removeItem(prefix + name)
        else storage().setItem(prefix + name, value)
      } catch {
        // Blocked or full: the copy in memory serves until the page goes.
      }
    }
    unwritten.clear()
  }

  return {
    get(name) {
      if (values.has(name)) return values.get(name)!
      try {
        return storage?.().getItem(prefix + name) ?? null
      } catch {
        return null
      }
    },
    set(name, value) {
      if (values.get(name) === value) return
      values.set(name, value)
      if (!storage) return
      unwritten.add(name)
      if (value === null) return write()
      clearTimeout(timer)
      timer = setTimeout(write, DELAY)
      addEventListener('pagehide', write)
    },
    write,
  }
}
