// Run by Deno with `--expose-gc`: calls a model, and ends its turn when it is told to on stdin, once the response that
// `fetch` gave is garbage.
import { once } from 'node:events'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { createEgress } from '../adapters/egress.ts'
import { createOpenAIModel } from '../adapters/openai_model.ts'
import { CALL } from './model_call.ts'

const url = process.argv[2]!
const call = { ...CALL, baseUrl: url, maxOutputTokens: 100 }

// Whoever runs this has gone.
process.stdin.on('end', () => process.exit(1)).resume()

const turn = new AbortController()
const { promise: responded, resolve } = Promise.withResolvers<WeakRef<Response>>()
const egress = createEgress({
  privateHosts: [new URL(url).host],
  fetch: async (...request) => {
    const response = await fetch(...request)
    resolve(new WeakRef(response))
    return response
  },
})
const events = createOpenAIModel({ egress, defaultBaseUrl: url }).stream(call, turn.signal)
const ended = events[Symbol.asyncIterator]()
  .next()
  .catch((error: unknown) => error)

const response = await responded
do {
  // `deref` keeps the object until the current job ends: collect in the next one.
  await setImmediate()
  globalThis.gc!()
} while (response.deref())
console.log('collected')
await once(process.stdin, 'data')
turn.abort()
await ended
process.stdin.destroy()
