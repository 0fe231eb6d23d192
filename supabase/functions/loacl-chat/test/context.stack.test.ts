import { randomUUID } from 'node:crypto'
import { CHAT_FUNCTION, FUNCTIONS_PATH, type NumberedPart, readParts } from '@loacl/wire'
import { type MockModel, sayHello, startMockModel } from '@loacl/mock-model'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { newCaller } from '../../_shared/test/contract_visitor.ts'

const ANSWER = 'b'.repeat(600)
const SUMMARY = 'The visitor wants a lamp.'

let model: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let sql: postgres.Sql

beforeAll(async () => {
  model = await startMockModel()
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123' })
  sql = postgres(stack.dbUrl, { max: 2 })
})
afterAll(async () => {
  await sql.end()
  await stack.stop()
  model.stop()
})
beforeEach(async () => {
  model.calls.length = 0
  model.structuredCalls.length = 0
  model.script = (say) => say(ANSWER)
  model.answerWhole = (_, answer) =>
    answer.sendWhole(JSON.stringify(answer.wantsSummary ? { summary: SUMMARY } : { title: 'Lamps', followUps: [] }))
  await configure({ context_token_budget: 1000, context_strategy: 'truncation' })
})

const configure = (settings: Record<string, string | number>) =>
  sql`update loacl.assistants set ${sql(settings)} where id = ${stack.assistantId}`

/** A visitor in one conversation. */
function createVisitor() {
  const headers = {
    apikey: stack.publishableKey,
    'x-loacl-session': newCaller().sessionToken,
    'content-type': 'application/json',
  }
  let threadId: string | null = null
  return {
    threadId: () => threadId!,
    /** Asks, and reads the answer until the stream closes. */
    async ask(text: string): Promise<NumberedPart['part'][]> {
      const request = { type: 'message', assistantId: stack.assistantId, id: randomUUID(), threadId, text }
      const response = await fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}/turns`, {
        method: 'POST',
        headers,
        body: JSON.stringify(request),
      })
      const parts: NumberedPart['part'][] = []
      for await (const { part } of readParts(response.body!)) parts.push(part)
      const begun = parts.find((part) => part.type === 'data-turn')
      if (begun?.type === 'data-turn') ({ threadId } = begun.data)
      return parts
    },
  }
}
type Input = { role: string; content: string }[]
const said = (call: Record<string, unknown> | undefined) => (call!['input'] as Input).map(({ content }) => content)
const firsts = (call: Record<string, unknown> | undefined) =>
  said(call)
    .map((content) => content[0])
    .join('')
const readOptimizations = (threadId: string) => sql`
  select optimization_type as type, trigger_reason as reason, tokens_before > tokens_after as less, summary
  from loacl.context_optimizations where thread_id = ${threadId} order by created_at
`
const readUsage = (threadId: string) => sql`
  select purpose, is_estimate from loacl.usage_logs where thread_id = ${threadId} and purpose = 'summary'
`
const readReserved = (threadId: string) => sql`
  select purpose from loacl_private.reservations r join loacl_private.turns t on t.id = r.turn_id where t.thread_id = ${threadId}
`
const spent = () => sql`select day_usd::float8 from loacl_private.budgets where assistant_id = ${stack.assistantId}`
/** Of the visitor who asked last: another's may still come, after its answer. */
const summaryCalls = () =>
  model.structuredCalls.filter(
    (call) =>
      JSON.stringify(call['text']).includes('conversation_summary') &&
      call['safety_identifier'] === model.calls.at(-1)!['safety_identifier'],
  )
const tooLong = { message: 'Your input exceeds the context window of this model.', code: 'context_length_exceeded' }

it('a conversation that outgrows its budget goes on by a summary, which is made once, after an answer', async () => {
  await configure({ context_strategy: 'summarization' })
  const visitor = createVisitor()
  for (const letter of 'ac')
    expect((await visitor.ask(letter.repeat(600))).at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  await expect
    .poll(() => readOptimizations(visitor.threadId()))
    .toEqual([{ type: 'summarization', reason: 'auto', less: true, summary: SUMMARY }])
  expect(summaryCalls()).toHaveLength(1)
  expect(await readUsage(visitor.threadId())).toEqual([{ purpose: 'summary', is_estimate: false }])
  // What was said is data of that call, and the owner's instructions are none of it.
  expect(JSON.parse(said(summaryCalls()[0])[0]!)).toMatchObject([
    { by: 'visitor' },
    { by: 'assistant' },
    { by: 'visitor' },
  ])

  for (const letter of 'eg')
    expect((await visitor.ask(letter.repeat(300))).at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  const last = model.calls.at(-1)!
  expect(said(last)[0]).toBe(`<conversation_summary>\n${SUMMARY}\n</conversation_summary>`)
  expect(firsts(last).slice(1)).toBe('bebg')
  expect(last['instructions']).toMatch(/conversation_summary/)
  expect(last['instructions']).not.toContain(SUMMARY)
})

it('a summary that failed is no error: the turn goes on by truncation, and pays for no second one at once', async () => {
  await configure({ context_strategy: 'summarization' })
  model.answerWhole = (_, answer) => answer.sendError(500, { message: 'Down.', type: 'server_error' })
  const visitor = createVisitor()
  for (const letter of 'aceg') {
    expect((await visitor.ask(letter.repeat(600))).at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
    // That it failed is known by then.
    await expect.poll(() => readReserved(visitor.threadId())).toEqual([])
  }
  expect(firsts(model.calls.at(-1))).toBe('bebg')
  expect(summaryCalls()).toHaveLength(1)
  const log = await readOptimizations(visitor.threadId())
  expect(log.map(({ type }) => type)).toEqual(['truncation', 'truncation'])
  await expect.poll(() => readReserved(visitor.threadId())).toEqual([])
})

it('a summary that is missing is made before the answer, which is told of it', async () => {
  const visitor = createVisitor()
  for (const letter of 'ac') await visitor.ask(letter.repeat(600))
  await configure({ context_strategy: 'summarization' })
  const parts = await visitor.ask('e'.repeat(900))
  expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  expect(said(model.calls.at(-1))[0]).toContain(SUMMARY)
  expect(await readOptimizations(visitor.threadId())).toContainEqual({
    type: 'summarization',
    reason: 'token_limit',
    less: true,
    summary: SUMMARY,
  })
  await expect.poll(() => readReserved(visitor.threadId())).toEqual([])
})

it('a provider that says "too long" is told less, once, and is asked so from then on', async () => {
  const visitor = createVisitor()
  await visitor.ask('a'.repeat(600))
  model.script = (say, _, answer) => (answer.said.length > 2 ? answer.sendError(400, tooLong) : say(ANSWER))
  const parts = await visitor.ask('c'.repeat(600))
  expect(parts.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  expect(model.calls.map(firsts)).toEqual(['a', 'abc', 'c'])
  expect(await readOptimizations(visitor.threadId())).toMatchObject([{ type: 'truncation', reason: 'token_limit' }])
  await visitor.ask('e')
  expect(model.calls.map(firsts)).toEqual(['a', 'abc', 'c', 'be'])
  await expect.poll(() => readReserved(visitor.threadId())).toEqual([])
})

it('one that says so again fails the turn with a code of its own, at no cost', async () => {
  const visitor = createVisitor()
  await visitor.ask('a'.repeat(600))
  await expect.poll(() => readReserved(visitor.threadId())).toEqual([])
  const before = await spent()
  model.script = (_, __, answer) => answer.sendError(400, tooLong)
  const parts = await visitor.ask('c'.repeat(600))
  expect(parts.find((part) => part.type === 'data-error')).toMatchObject({ data: { code: 'model_input_too_long' } })
  expect(model.calls.map(firsts)).toEqual(['a', 'abc', 'c'])
  expect(await spent()).toEqual(before)
  // The conversation goes on.
  model.script = sayHello
  expect((await visitor.ask('e')).at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
})
