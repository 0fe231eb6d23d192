/** Leaves at once when the signal is aborted, even if the source does not. Keeps nothing of what has passed. */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  let leave: (() => void) | undefined
  signal.addEventListener('abort', () => leave?.(), { once: true })
  const nextOrNull = () =>
    new Promise<IteratorResult<T> | null>((resolve, reject) => {
      leave = () => resolve(null)
      if (signal.aborted) resolve(null)
      iterator.next().then(resolve, reject)
    })
  try {
    for (;;) {
      const next = await nextOrNull()
      if (!next || next.done) return
      yield next.value
    }
  } finally {
    // Not waited for: a source that hangs would hold the turn.
    iterator.return?.().catch(() => null)
  }
}
