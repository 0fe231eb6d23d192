// A provider whose answer holds what PostgreSQL refuses, the function under Deno, and a real database.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type MockModel, type Script, startMockModel } from '@loacl/mock-model'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createWorld, type World } from '../../../tests/support/world.ts'
import { errorCodeOf, sendMessage, toEnd } from '../../loacl-admin/test/stack_calls.ts'

let provider: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let world: World

beforeAll(async () => {
  provider = await startMockModel()
  stack = await startStack({ modelUrl: provider.url, apiKey: 'sk-live-123' })
  world = createWorld(stack)
  await world.sql`update loacl.assistants set allowed_origins = '{https://site.test}' where id = ${stack.assistantId}`
})
afterAll(async () => {
  await world.close()
  await stack.stop()
  provider.stop()
})

/** Says hello, and then that its response is this. */
const helloAnd =
  (described: object): Script =>
  (say, response, answer) => {
    say('Hello')
    answer.event('response.completed', { response: described })
    response.end()
  }

/** Of the newest turn: its answer, and what is kept beside it. */
async function readStored() {
  const rows = await world.sql<Record<string, unknown>[]>`
    select m.status, m.content, s.response_id as "responseId", s.model, s.provider_items as "items",
      s.error_code as "errorCode"
    from loacl.messages m
    join loacl_private.turns t on t.message_id = m.id
    join loacl_private.turn_steps s on s.turn_id = t.id
    where m.assistant_id = ${stack.assistantId} and m.role = 'assistant' order by m.seq desc limit 1`
  return rows[0]
}

it('is stored without that, in keys, ids and names too', async () => {
  const item = { type: 'message', id: 'msg_\0\uD83D', 'key\0\uDC4B': [{ '\uD83D': 'a\0b' }] }
  provider.script = helloAnd({ id: 'resp\0_1\uD83D', model: 'gpt\0\uDC4B', output: [item] })
  const parts = await toEnd(await sendMessage(stack, stack.assistantId))
  expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  expect(await readStored()).toEqual({
    status: 'completed',
    content: 'Hello',
    responseId: 'resp_1\uFFFD',
    model: 'gpt\uFFFD',
    items: [{ type: 'message', id: 'msg_\uFFFD', 'key\uFFFD': [{ '\uFFFD': 'ab' }] }],
    errorCode: null,
  })
})

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

it('is stored with an item as deep as one may be', async () => {
  provider.script = helloAnd({ id: 'resp_1', output: [nested(500)] })
  await toEnd(await sendMessage(stack, stack.assistantId))
  expect(await readStored()).toMatchObject({ status: 'completed', items: [nested(500)] })
})

it.each([501, 1_000])('has broken off where an item has %i levels, and its text stays', async (levels) => {
  provider.script = helloAnd({ id: 'resp_1', output: [nested(levels)] })
  const parts = await toEnd(await sendMessage(stack, stack.assistantId))
  expect(errorCodeOf(parts)).toBe('model_stream_broken')
  expect(await readStored()).toMatchObject({ status: 'failed', content: 'Hello', errorCode: 'model_stream_broken' })
})
