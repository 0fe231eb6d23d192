import type { Readable } from '@loacl/core'

/** A value that others watch. */
export interface Store<S> extends Readable<S> {
  set(next: S): void
}

export function createStore<S>(state: S): Store<S> {
  const listeners = new Set<() => void>()
  return {
    getSnapshot: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    set(next) {
      if (next === state) return
      state = next
      for (const listener of listeners) listener()
    },
  }
}
