/** What the tabs of a browser tell each other: in which thread something has happened. */
export interface TabChannel {
  announce(threadId: string): Promise<void>
}

/** Time in which what comes together is taken together. */
const BATCH_MS = 50

/**
 * @param visitor says who the visitor is, as a number that only who has their token can tell; `null` where nobody is
 * here. What tabs of another visitor say is ignored
 * @param onNews called while the page is visible: with the ids that other tabs have named since the last time, and with
 * none when the visitor comes back to the page
 * @param signal aborted when the channel is no more this visitor's
 */
export function openTabChannel(
  name: string,
  visitor: () => Promise<number | null>,
  onNews: (threadIds: readonly unknown[]) => void,
  signal: AbortSignal,
): TabChannel {
  const news = new Set<unknown>()
  let channel: BroadcastChannel | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function tell(): void {
    timer = undefined
    if (signal.aborted || document.visibilityState === 'hidden') return
    onNews([...news])
    news.clear()
  }
  const tellSoon = () => void (timer ??= setTimeout(tell, BATCH_MS))

  // Any script of the page's origin can send here. What it says is compared with what is known, and not sent or shown.
  async function hear({ data }: MessageEvent): Promise<void> {
    if (typeof data?.[0] !== 'number' || data[0] !== (await visitor())) return
    news.add(data[1])
    tellSoon()
  }
  function listen(): void {
    try {
      channel ??= new BroadcastChannel(name)
      // Asked again, it is no second listener.
      channel.addEventListener('message', hear)
    } catch {
      // Missing or blocked: this page finds out when the visitor comes back to it.
    }
  }
  function close(): void {
    channel?.close()
    channel = undefined
  }

  // Outside a page nothing is shown, and an open channel would keep the process alive.
  if (!signal.aborted && typeof document !== 'undefined') {
    listen()
    for (const type of ['focus', 'visibilitychange']) addEventListener(type, tellSoon, { signal })
    // A page with an open channel may be kept out of the back/forward cache.
    addEventListener('pagehide', close, { signal })
    addEventListener('pageshow', listen, { signal })
    signal.addEventListener('abort', close)
  }

  return {
    async announce(threadId) {
      const from = channel ? await visitor() : null
      // It may have been closed meanwhile.
      if (from !== null) channel?.postMessage([from, threadId])
    },
  }
}
