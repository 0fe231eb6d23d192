// Run by Deno with `--expose-gc`: calls a model, and ends its turn when it is told to on stdin, once the response that
// `fetch` gave is garbage.
import { once } from 'node:events'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { createEgress } from '../adapters/egress.ts'
import { createOpenAIModel } from '../adapters/openai_model.ts'
import type { ModelCall } from '../domain/model.ts'

const url = process.argv[2]!
const call: ModelCall = {
  apiKey: 'sk-live-123',
  baseUrl: url,
  model: 'gpt-6-luna',
  instructions: 'Be kind.',
  input: [{ type: 'text', role: 'user', text: 'Hello' }],
  temperature: null,
  maxOutputTokens: 100,
  showsReasoning: false,
  promptCacheKey: 'thread',
  safetyIdentifier: 'hash',
}

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
