// A provider that passes over `max_output_tokens`, the function under Deno, and a real database.
import { createGzip } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createWorld, type World } from '../../../tests/support/world.ts'
import { sendMessage, toEnd } from '../../loacl-admin/test/stack_calls.ts'
import { outputLimits } from '../../_shared/domain/output_limits.ts'
import { sayHello, startMockModel, type MockModel, type Script } from '@loacl/mock-model'
import { pour, type Poured } from '../../_shared/test/pour.ts'
import { textDelta } from '../../_shared/test/responses_script.ts'

const MAX_OUTPUT_TOKENS = 100
/** Of both ends' buffers. */
const BUFFERED = 16_000_000

let provider: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let assistantId: string
let poured: Promise<Poured>

beforeAll(async () => {
  provider = await startMockModel()
  stack = await startStack({ modelUrl: provider.url, apiKey: 'sk-live-123' })
  world = createWorld(stack)
  ;({ assistantId } = stack)
  await world.sql`
    update loacl.assistants set max_output_tokens = ${MAX_OUTPUT_TOKENS}, allowed_origins = '{https://site.test}'
    where id = ${assistantId}`
})
afterAll(async () => {
  await world.close()
  await stack.stop()
  provider.stop()
})
beforeEach(() => {
  provider.script = sayHello
  provider.answerWhole = null
})

const send = async () => toEnd(await sendMessage(stack, assistantId))
const limits = () => outputLimits({ maxOutputTokens: MAX_OUTPUT_TOKENS, instructions: '' })

async function expectClosed(): Promise<void> {
  const { bytes, wasClosed } = await poured
  expect(wasClosed).toBe(true)
  expect(bytes).toBeLessThan(limits().bodyBytes + BUFFERED)
}

/** Says hello, and then this without an end. */
const helloAnd =
  (text: string): Script =>
  async (say, response) => {
    say('Hello')
    await (poured = pour(text, response))
  }

const readAnswer = async () =>
  (
    await world.sql<{ status: string; cutReason: string; content: string }[]>`
      select status, cut_reason as "cutReason", content from loacl.messages
      where assistant_id = ${assistantId} and role = 'assistant' order by seq desc limit 1`
  )[0]!

describe('a provider that sends without an end', () => {
  it.each<[string, string, (content: string) => void]>([
    [
      'text',
      `data: ${JSON.stringify(textDelta('x'.repeat(200)))}\n\n`,
      (content) => expect(content).toHaveLength(limits().characters),
    ],
    ['one line', 'x', (content) => expect(content).toBe('Hello')],
    ['events that say nothing', 'data: {"type":"x"}\n\n', (content) => expect(content).toBe('Hello')],
  ])('%s is left, and the answer is cut and stored', async (_, text, check) => {
    provider.script = helloAnd(text)
    const parts = await send()
    expect(parts.slice(-2)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'cut', cutReason: 'max_output_tokens', usage: null } },
      { type: 'finish', finishReason: 'length' },
    ])
    await expectClosed()
    const answer = await readAnswer()
    expect(answer).toMatchObject({ status: 'cut', cutReason: 'max_output_tokens' })
    check(answer.content)
    expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe(answer.content)
  })

  it.each([
    ['x', 1_200_000],
    ['🙂', 600_000],
    // Three bytes, and two in JSON where it is escaped.
    ['\n€', 600_000],
  ])('an answer of more characters than are stored is cut there: %j, %i times', async (character, times) => {
    await world.sql`update loacl.assistants set max_output_tokens = 100000 where id = ${assistantId}`
    provider.script = (say) => {
      for (let said = 0; said < times; said += 1_000) say(character.repeat(1_000))
    }
    const parts = await send()
    expect(parts.slice(-2)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'cut', cutReason: 'max_output_tokens' } },
      { type: 'finish', finishReason: 'length' },
    ])
    const answer = await readAnswer()
    expect(answer).toMatchObject({ status: 'cut', cutReason: 'max_output_tokens' })
    expect(answer.content).toHaveLength(1_000_000)
    expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('') === answer.content).toBe(true)
    await world.sql`update loacl.assistants set max_output_tokens = ${MAX_OUTPUT_TOKENS} where id = ${assistantId}`
  })

  it('a line is left as well that is short until it is unpacked', async () => {
    provider.script = async (_say, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      await pour('x', response, createGzip({ level: 9 }))
    }
    expect((await send()).at(-1)).toEqual({ type: 'finish', finishReason: 'length' })
    expect(await readAnswer()).toMatchObject({ status: 'cut', content: '' })
  })

  it('a title and follow-ups brings none of them, and the answer is complete', async () => {
    provider.answerWhole = async (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      await (poured = pour(' ', response))
    }
    const parts = await send()
    expect(parts.slice(-2)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'completed' } },
      { type: 'finish', finishReason: 'stop' },
    ])
    await expectClosed()
    expect(await readAnswer()).toMatchObject({ status: 'completed', content: 'Hello' })
  })

  it('leaves the next visitor’s turn as it is', async () => {
    expect((await send()).at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  })
})
