import { SESSION_TOKEN } from '@loacl/wire'
import { randomToken } from './random.ts'
import type { TokenStorage } from './types.ts'

export interface SessionTokens {
  /** Whether a token is stored: this browser has opened a session before. */
  isStored(): boolean
  /** The token that all tabs of this visitor share; made at the first call. */
  current(): string
  /** Puts a fresh token in the place of `used`, unless another tab has done so already. */
  replace(used: string, fresh?: string): void
  /** Leaves what is stored to the pages whose it is: a token of this page's own serves for as long as it lives. */
  detach(): void
  /**
   * Calls `listener` whenever another tab has replaced this tab's token. This is checked at each use, and at the
   * browser's `storage` and `pageshow` events until `signal` is aborted.
   */
  watch(listener: () => void, signal: AbortSignal): void
}

/** `localStorage` is looked up at each use: where it is blocked, merely naming it throws. */
export function createSessionTokens(key: string, storage: TokenStorage | 'memory' | undefined): SessionTokens {
  let memory: string | null = null
  let onReplaced: (() => void) | undefined

  const withStorage = <T>(use: (storage: TokenStorage) => T): T | null => {
    try {
      const found = storage ?? globalThis.localStorage
      return found && found !== 'memory' ? use(found) : null
    } catch {
      // Private mode, a sandboxed frame, a full quota: memory serves for as long as the page lives.
      return null
    }
  }
  const write = (token: string): string => {
    memory = token
    withStorage((found) => found.setItem(key, token))
    return token
  }
  const read = () => withStorage((found) => found.getItem(key))
  const current = (): string => {
    const stored = read()
    if (!stored || !SESSION_TOKEN.test(stored)) return write(memory ?? randomToken())
    const isReplaced = memory && memory !== stored
    memory = stored
    if (isReplaced) onReplaced?.()
    return stored
  }
  return {
    isStored: () => read() !== null,
    current,
    replace(used, fresh = randomToken()) {
      if (current() === used) write(fresh)
    },
    detach() {
      storage = 'memory'
      memory = null
    },
    watch(listener, signal) {
      onReplaced = listener
      // Missing outside browsers. A page that comes back from the back/forward cache has missed `storage` events.
      // Adding the same listener twice adds it once.
      for (const type of ['storage', 'pageshow']) globalThis.addEventListener?.(type, current, { signal })
    },
  }
}
