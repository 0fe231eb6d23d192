import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createSpending, INPUT, OUTPUT, usageOf } from '../limits/spending.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld, type TurnKey } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost, stepOutcome } from './turn_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { append, beginStep, listMessages, read, stop } = createTurnCalls(world)
const { readBound, readBudget, setLimit } = createSpending(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
beforeEach(avoidMidnight)
afterAll(() => world.close())

const stepsOf = ({ id }: TurnKey) =>
  sql`select step, state, input, response_id, error_code from loacl_private.turn_steps where turn_id = ${id} order by step`
const reservedFor = ({ id }: TurnKey) =>
  sql`select step, purpose from loacl_private.reservations where turn_id = ${id} order by step, purpose`
const toolResult = { type: 'tool-result', callId: 'c1', output: 'Sunny' }

describe('a turn of several steps', () => {
  it('keeps what each step was told, said and used, and numbers its parts on', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    await append(turn, 1, [delta('Let me see. ')])
    const begun = await beginStep(turn, 2, stepOutcome('Let me see. ', usageOf(100, 10)), [toolResult])
    expect(begun.body).toEqual({ state: 'running' })
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({
      status: 'streaming',
      content: 'Let me see. ',
    })
    await append(turn, 2, [delta('Sunny.')])
    await world.finish(turn, { content: 'Let me see. Sunny.', responseId: 'resp_2', usage: usageOf(200, 20) })

    expect(await stepsOf(turn)).toEqual([
      { step: 1, state: 'completed', input: [], response_id: 'resp_1', error_code: null },
      { step: 2, state: 'completed', input: [toolResult], response_id: 'resp_2', error_code: null },
    ])
    const { parts } = (await read(turn, 0, token)).body
    expect(parts).toEqual([
      { seq: 1, part: delta('Let me see. ') },
      { seq: 2, part: delta('Sunny.') },
    ])
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({ content: 'Let me see. Sunny.' })
    expect(
      await sql`select step, purpose, input_tokens::int from loacl.usage_logs where thread_id = ${threadId} order by step`,
    ).toEqual([
      { step: 1, purpose: 'answer', input_tokens: 100 },
      { step: 2, purpose: 'answer', input_tokens: 200 },
    ])
  })

  it('reserves and settles step by step, and for follow-ups once', async () => {
    const { id } = await world.createAssistant()
    const { turn } = (await world.beginTurn(id, createToken(), { text: 'What is it?' })).body
    const bound = await readBound(id)
    const first = stepOutcome('One. ', usageOf(1000, 100))
    await beginStep(turn, 2, first, [toolResult])
    const used = 1000 * INPUT + 100 * OUTPUT
    // What the first step was told and said, and what was added to it, byte for byte.
    const [{ bytes }] = await sql<[{ bytes: number }]>`
      select sum(octet_length(added::text))::int as bytes
      from unnest(array['[]', ${sql.json(first.providerItems)}::jsonb, ${sql.json([toolResult])}::jsonb]) added
    `
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(used + bound.usd + bytes * INPUT, 12) })
    expect(await reservedFor(turn)).toEqual([
      { step: 2, purpose: 'answer' },
      { step: 2, purpose: 'title' },
    ])
    await world.finish(turn, {
      state: 'failed',
      errorCode: 'model_unavailable',
      content: 'One. ',
      responseId: null,
      usage: null,
    })
    // Nobody charges for a call that was refused, whatever the step before had said.
    expect(await readBudget(id)).toMatchObject({ tokens: 1100, usd: expect.closeTo(used, 12) })
    expect(await reservedFor(turn)).toEqual([])
  })

  it('is cut where the budget refuses a step, keeps what it had said and owes only that', async () => {
    const { id } = await world.createAssistant({ settings: { follow_ups: false } })
    const token = createToken()
    const { turn, threadId } = (await world.beginTurn(id, token, { text: 'What is it?' })).body
    const used = usageOf(1000, 100)
    await setLimit(id, { spend_per_day_usd: 1000 * INPUT + 100 * OUTPUT })
    const refused = { state: 'cut' }
    expect((await beginStep(turn, 2, stepOutcome('So far', used))).body).toEqual(refused)
    expect((await beginStep(turn, 2, stepOutcome('So far', used))).body).toEqual(refused)
    expect((await read(turn, 0, token)).body).toMatchObject({
      state: 'cut',
      cutReason: 'budget',
      message: { status: 'cut', cutReason: 'budget', content: 'So far' },
    })
    expect((await listMessages(threadId, token)).activeTurnId).toBeNull()
    expect(await stepsOf(turn)).toMatchObject([{ step: 1, state: 'completed' }])
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(1000 * INPUT + 100 * OUTPUT, 12) })
    expect(await world.finish(turn)).toMatchObject(leaseLost)
  })

  it('is cut as well where its model has lost its price and there is a limit', async () => {
    const { id, owner } = await world.createAssistant({ settings: { model: 'llama' } })
    const price = { owner_id: owner.userId, model: 'llama', input_usd: 1, output_usd: 1 }
    await sql`insert into loacl.model_prices ${sql(price)}`
    const { turn } = (await world.beginTurn(id, createToken())).body
    await sql`delete from loacl.model_prices where owner_id = ${owner.userId}`
    expect((await beginStep(turn, 2, stepOutcome('So far'))).body).toEqual({ state: 'cut' })
  })

  it('begins a step once, however often that is asked, and none out of order', async () => {
    const { id } = await world.createAssistant()
    const { turn, threadId } = await world.ask(id, createToken())
    const outcome = stepOutcome('One. ', usageOf(100, 10))
    const answers = await Promise.all([1, 2, 3].map(() => beginStep(turn, 2, outcome)))
    for (const { body } of answers) expect(body).toEqual({ state: 'running' })
    expect(await stepsOf(turn)).toHaveLength(2)
    expect(await sql`select from loacl.usage_logs where thread_id = ${threadId}`).toHaveLength(1)
    expect(await beginStep(turn, 4, outcome)).toMatchObject({ status: 500, body: { message: 'internal' } })
    expect(await beginStep({ ...turn, lease: turn.id }, 3, outcome)).toMatchObject(leaseLost)
    expect(await stepsOf(turn)).toHaveLength(2)
  })

  it('begins no step once the visitor has stopped it', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await stop(turn, token)
    expect((await beginStep(turn, 2, stepOutcome('So far', usageOf(1, 1)))).body).toEqual({ state: 'stopped' })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'stopped', message: { content: 'So far' } })
    expect(await reservedFor(turn)).toEqual([])
  })
})
