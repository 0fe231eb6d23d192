import { LoaclError } from './errors.ts'
import { fetchOnDemand } from './fetch_on_demand.ts'
import type * as OnDemand from './on_demand.ts'

/** Fetches what is rarely used, where that is still to do. Rejects with `network`, and tries again at the next call. */
export const loadOnDemand = (): Promise<typeof OnDemand> =>
  fetchOnDemand().catch((cause) => {
    throw new LoaclError('network', undefined, { cause })
  })

/** Does with it what nobody waits for. A failure is passed over: `use` says of what. */
export const whenFetched = (use: (onDemand: typeof OnDemand) => Promise<unknown>): void =>
  void loadOnDemand()
    .then(use)
    .catch(() => undefined)
