// Deno runs this before the function: its clock goes two minutes ahead, and at the next signal back, while its timers, which
// don't go by it, run on. Identity tokens live for five.
const RealDate = Date
let ahead = 0
const now = () => RealDate.now() + ahead

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})

Deno.addSignalListener('SIGUSR2', () => {
  ahead = ahead === 0 ? 120_000 : 0
})
