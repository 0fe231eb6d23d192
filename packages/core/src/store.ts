import type { Readable } from './types.ts'

export interface Store<S> extends Readable<S> {
  set(state: S): void
  readonly listeners: ReadonlySet<() => void>
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
    listeners,
    set(next) {
      if (next === state) return
      state = next
      // Those that subscribe meanwhile are not called.
      // oxlint-disable-next-line unicorn/no-useless-spread -- a copy
      for (const listener of [...listeners]) {
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
