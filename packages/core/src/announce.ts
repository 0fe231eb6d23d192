import { whenFetched } from './load_on_demand.ts'
import type { ThreadContext } from './thread_context.ts'

/**
 * Tells the visitor's other tabs that a turn has begun in a thread, which is kept up to date from then on. No other tab
 * has a new thread open: nothing is fetched for it until the visitor turns to another window, unless it lacks something itself.
 */
export function announce(thread: ThreadContext, isNew: boolean): void {
  // Where this fails, they find out when the visitor comes back to them.
  const announceNow = () => whenFetched((onDemand) => onDemand.announceTurn(thread))
  if (isNew && !thread.mayLack) globalThis.addEventListener?.('blur', announceNow, { once: true })
  else announceNow()
}
