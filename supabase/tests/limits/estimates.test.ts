import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, delta } from '../turns/turn_calls.ts'
import { createSpending, INPUT, OUTPUT, TEXT, usageOf } from './spending.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { begin, readBound, readBudget } = createSpending(world)
const { abandon, append, read } = createTurnCalls(world)
beforeEach(avoidMidnight)
afterAll(() => world.close())

/** It doesn't reason, and is priced as the owner says. */
const MODEL = 'llama-9'
const ANSWER = 'a'.repeat(300)

const createAssistant = async (model = MODEL) => {
  const made = await world.createAssistant({ settings: { model } })
  await sql`
    insert into loacl.model_prices (owner_id, model, input_usd, output_usd)
    values (${made.owner.userId}, ${MODEL}, ${INPUT * 1e6}, ${OUTPUT * 1e6})
  `
  return made
}
const readUsage = (assistantId: string) => sql`
  select purpose, input_tokens::int as input, output_tokens::int as output, is_estimate
  from loacl.usage_logs where assistant_id = ${assistantId} order by created_at, step, purpose
`
const countReserved = async (assistantId: string) =>
  (await sql`select from loacl_private.reservations where assistant_id = ${assistantId}`).length
/** What is sent: a token for three bytes of the instructions and the question, and of the sixteen around each. */
const SENT = Math.ceil(('The secret instructions.'.length + TEXT.length + 32) / 3)

describe('a call whose usage never came', () => {
  it.each([
    ['stopped', { state: 'stopped' }],
    ['cut', { state: 'cut', cutReason: 'time_limit' }],
    ['broken off', { state: 'failed', errorCode: 'model_stream_broken' }],
  ])('is estimated by what was sent and received, where the answer was %s', async (_, end) => {
    const { id } = await createAssistant()
    const { turn } = (await begin(id)).body
    await world.finish(turn, { ...end, content: ANSWER, model: MODEL, usage: null })
    expect(await readUsage(id)).toEqual([{ purpose: 'answer', input: SENT, output: 100, is_estimate: true }])
    expect(await readBudget(id)).toMatchObject({
      tokens: SENT + 100,
      usd: expect.closeTo(SENT * INPUT + 100 * OUTPUT, 12),
    })
    expect(await countReserved(id)).toBe(0)
  })

  it('is the whole reservation for a model that reasons unseen, by its name or by what it lately used', async () => {
    const { id } = await createAssistant('gpt-6-luna')
    const bound = await readBound(id)
    const { turn } = (await begin(id)).body
    await world.finish(turn, { state: 'stopped', content: '', usage: null })
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(bound.answer, 12) })
    expect(await readUsage(id)).toMatchObject([{ purpose: 'answer', output: 4096, is_estimate: true }])
    expect(await countReserved(id)).toBe(0)

    const other = await createAssistant()
    const first = (await begin(other.id)).body
    await world.finish(first.turn, { model: MODEL, usage: { ...usageOf(10, 10), reasoningTokens: 5 } })
    const next = (await begin(other.id)).body
    await world.finish(next.turn, { state: 'stopped', content: ANSWER, model: MODEL, usage: null })
    expect((await readUsage(other.id)).at(-1)).toMatchObject({ output: 4096, is_estimate: true })
  })

  it('costs nothing where no call was made', async () => {
    const { id } = await createAssistant('gpt-6-luna')
    const { turn } = (await begin(id)).body
    await world.finish(turn, { state: 'stopped', content: '', isCalled: false, usage: null })
    expect(await readBudget(id)).toMatchObject({ tokens: 0, usd: 0 })
    expect(await readUsage(id)).toEqual([])
    expect(await countReserved(id)).toBe(0)
  })

  it('is estimated where the worker died, by whoever looks next', async () => {
    const looks = [
      (_: string, turn: { id: string; lease: string }, token: string) => read(turn, 0, token),
      () => sql`select loacl_private.clean_up()`,
      (assistantId: string, _: unknown, token: string, threadId: string) =>
        world.ask(assistantId, token, 'Next', threadId),
    ]
    for (const look of looks) {
      const { id } = await createAssistant()
      const token = createToken()
      const { turn, threadId } = await world.ask(id, token, TEXT)
      await append(turn, 1, [{ type: 'start' }, delta(ANSWER)])
      await abandon(turn)
      await look(id, turn, token, threadId)
      expect(await readUsage(id)).toEqual([{ purpose: 'answer', input: SENT, output: 100, is_estimate: true }])
      const [{ left }] = await sql<[{ left: number }]>`
        select count(*)::int as left from loacl_private.reservations where turn_id = ${turn.id}
      `
      expect(left).toBe(0)
    }
  })
})

const save = ({ id, lease }: { id: string; lease: string }, more: object) =>
  api.rpc(
    'save_follow_ups',
    { turn_id: id, lease, title: null, suggestions: [], usage: null, ...more },
    world.asServer(),
  )

describe('follow-ups', () => {
  it('give back what they reserved where no call was made or the provider refused it', async () => {
    const { id } = await createAssistant()
    const { turn } = (await begin(id)).body
    await world.finish(turn, { model: MODEL, usage: usageOf(100, 10) })
    expect(await save(turn, { is_called: false })).toMatchObject({ status: 200 })
    expect(await readBudget(id)).toMatchObject({ tokens: 110 })
    expect(await countReserved(id)).toBe(0)
  })

  it('are estimated where nobody knows what they used', async () => {
    const { id } = await createAssistant()
    const { turn } = (await begin(id)).body
    await world.finish(turn, { model: MODEL, usage: usageOf(100, 10) })
    await save(turn, { title: 'abc' })
    expect((await readUsage(id)).at(-1)).toMatchObject({ purpose: 'title', output: 1, is_estimate: true })
    expect(await countReserved(id)).toBe(0)
  })

  it('are settled by the next turn or the clean-up, where the worker died before they came', async () => {
    for (const look of [(id: string) => begin(id), () => sql`select loacl_private.clean_up()`]) {
      const { id } = await createAssistant()
      const { turn } = (await begin(id)).body
      await world.finish(turn, { model: MODEL, usage: usageOf(100, 10) })
      // Its worker may still be at it.
      await look(id)
      const of = () => sql`select from loacl_private.reservations where turn_id = ${turn.id}`
      expect(await of()).toHaveLength(1)
      await sql`update loacl_private.turns set ended_at = ended_at - interval '1 minute' where id = ${turn.id}`
      await look(id)
      expect(await of()).toHaveLength(0)
      expect((await readUsage(id)).at(-1)).toMatchObject({ purpose: 'title', is_estimate: true })
    }
  })
})
