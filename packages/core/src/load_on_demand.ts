import type { ActionName, ArgumentsOf, ResultOf } from './act.ts'
import { LoaclError } from './errors.ts'
import { fetchOnDemand } from './fetch_on_demand.ts'
import type * as OnDemand from './on_demand.ts'
import { withRetries } from './retry.ts'

/** Fetches what is rarely used, where that is still to do. Rejects with `network`, and tries again at the next call. */
export const loadOnDemand = (): Promise<typeof OnDemand> =>
  fetchOnDemand().catch((cause) => {
    throw new LoaclError('network', undefined, { cause })
  })

/** What is fetched when it is first called, of a client or of a thread, by its names. */
export const laterOf =
  <Of>(of: Of) =>
  <Name extends ActionName<Of>>(...names: Name[]) =>
    Object.fromEntries(
      names.map((name) => [name, async (...args: ArgumentsOf<Name>) => (await loadOnDemand()).act(name, of, ...args)]),
    ) as { [Each in Name]: (...args: ArgumentsOf<Each>) => Promise<ResultOf<Each>> }

/** Does what a refusal may hinder, and once more where `recover` resolves. */
export const withRecovery = <T>(
  work: () => Promise<T>,
  recover: (onDemand: typeof OnDemand, refusal: LoaclError) => Promise<void>,
): Promise<T> =>
  withRetries(() => work(), {
    limit: 1,
    // The server has answered, and said no.
    when: (error) => (error as LoaclError).status !== undefined,
    before: async (error) => recover(await loadOnDemand(), error as LoaclError),
  })

/** Does with it what nobody waits for. A failure is passed over: `use` says of what. */
export const whenFetched = (use: (onDemand: typeof OnDemand) => Promise<unknown>): void =>
  void settled(loadOnDemand().then(use))

/** Waits for what may fail. */
export const settled = <T>(work: Promise<T> | null): Promise<T | void> | undefined => work?.catch(() => {})
