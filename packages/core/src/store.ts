import type { Readable } from './types.ts'

export interface Store<S> extends Readable<S> {
  set(state: S): void
  /** Whether anybody listens. */
  isWatched(): boolean
}

export function createStore<S>(initial: S): Store<S> {
  let state = initial
  const listeners = new Set<() => void>()
  return {
    getSnapshot: () => state,
    subscribe(listener) {
      // Wrapped, so that the same function can be subscribed twice and each taken away by itself.
      const entry = () => listener()
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    isWatched: () => listeners.size > 0,
    set(next) {
      if (next === state) return
      state = next
      for (const listener of Array.from(listeners)) {
        try {
          listener()
        } catch (error) {
          // A host's fault is the host's to see, and must not end a turn.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
  }
}
