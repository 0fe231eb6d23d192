// Deno loads this before a function: it gives it what hosted functions find, and says where it listens.

const pending = new Set()

globalThis.EdgeRuntime = {
  // Hosted workers live on while a promise given here is open. This one lives anyway, and waits for them when it ends.
  waitUntil(promise) {
    const entry = Promise.resolve(promise)
      .catch((error) => console.error('A promise given to EdgeRuntime.waitUntil was rejected:', error))
      .finally(() => pending.delete(entry))
    pending.add(entry)
    return promise
  },
}

const announce = ({ port }) => console.log(`loacl-function-listens:${port}`)
const serve = Deno.serve.bind(Deno)
// Hosted functions choose neither address nor port.
Deno.serve = (...args) => {
  const handler =
    args.find((arg) => typeof arg === 'function') ?? args.find((arg) => typeof arg?.handler === 'function')?.handler
  if (!handler) throw new TypeError('Deno.serve() was called without a handler.')
  return serve({ hostname: '127.0.0.1', port: 0, onListen: announce }, handler)
}

const GRACE_MS = 3_000

if (Deno.build.os !== 'windows')
  Deno.addSignalListener('SIGTERM', async () => {
    globalThis.dispatchEvent(new Event('beforeunload'))
    await Promise.race([Promise.all(pending), new Promise((resolve) => setTimeout(resolve, GRACE_MS))])
    Deno.exit(0)
  })
