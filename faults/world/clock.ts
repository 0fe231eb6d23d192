import { AsyncLocalStorage } from 'node:async_hooks'

/** A visitor's clock: milliseconds that it is ahead of the machine's. */
export interface Clock {
  ahead: number
}

const clocks = new AsyncLocalStorage<Clock>()
const RealDate = Date
const now = (): number => RealDate.now() + (clocks.getStore()?.ahead ?? 0)

/**
 * From now on `Date` in what a visitor does goes by the visitor's own clock. The stack, the proxies and the model, which
 * run in the same process, go by the machine's: what they do begins with a request, outside of any visitor.
 */
export function installClocks(): void {
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
}

export const withClock = <T>(clock: Clock, run: () => T): T => clocks.run(clock, run)
