/** Lets work begin whose bytes fit beside those of the work that is under way, in the order in which it was asked for. */
export interface ByteQueue {
  /**
   * Resolves when there is room. What it gives makes room again. Work that is larger than the limit goes alone.
   * @throws what the signal was aborted for
   */
  enter(bytes: number, signal: AbortSignal | undefined): Promise<() => void>
}

export function createByteQueue(limit: number): ByteQueue {
  let held = 0
  const waiting: { bytes: number; start: () => void }[] = []

  function startNext(): void {
    while (waiting[0] && (held === 0 || held + waiting[0].bytes <= limit)) {
      const { bytes, start } = waiting.shift()!
      held += bytes
      start()
    }
  }

  return {
    async enter(bytes, signal) {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const entry = { bytes, start: resolve }
      waiting.push(entry)
      startNext()
      const leave = () => {
        const at = waiting.indexOf(entry)
        if (at < 0) return
        waiting.splice(at, 1)
        reject(signal!.reason)
        startNext()
      }
      signal?.addEventListener('abort', leave)
      await promise.finally(() => signal?.removeEventListener('abort', leave))
      let isIn = true
      return () => {
        if (!isIn) return
        isIn = false
        held -= bytes
        startNext()
      }
    },
  }
}
