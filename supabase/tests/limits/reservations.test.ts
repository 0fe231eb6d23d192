import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld } from '../support/world.ts'
import { createSpending, exceeded, INPUT, OUTPUT, TEXT, usageOf } from './spending.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { begin, readBound, readBudget, saveFollowUps, setLimit } = createSpending(world)
beforeEach(avoidMidnight)
afterAll(() => world.close())

describe('a reservation', () => {
  it('is what the two calls can take at most', async () => {
    const { id } = await world.createAssistant({ settings: { max_output_tokens: 1000, instructions: 'i'.repeat(84) } })
    const rows = await sql`
      select purpose, tokens::int, usd::float8
      from loacl.assistants a
      cross join loacl_private.bound_calls(a, ${sql.json([
        { role: 'user', content: 'a'.repeat(984) },
        { role: 'assistant', content: 'b'.repeat(9984) },
        { role: 'user', content: '🙂'.repeat(996) },
      ])}, false) c
      where a.id = ${id} order by purpose
    `
    // Bytes, and 16 for each message and the instructions.
    const answer = 100 + 1000 + 10_000 + 4000
    // The same cut at 4,000 characters, and the answer, as long as it can be.
    const followUps = 4000 + 1000 + 1000 + 4016 + 4000
    expect(rows).toEqual([
      { purpose: 'answer', tokens: answer + 1000, usd: expect.closeTo(answer * INPUT + 1000 * OUTPUT, 12) },
      { purpose: 'follow_ups', tokens: followUps + 1000, usd: expect.closeTo(followUps * INPUT + 1000 * OUTPUT, 12) },
    ])
  })

  it('is of the whole conversation, the resources and the model of the thread', async () => {
    const { id, owner } = await world.createAssistant({ settings: { follow_ups: false } })
    const token = createToken()
    const { threadId } = await world.converse(id, token, { answer: 'b'.repeat(3000) })
    const before = (await readBudget(id))!
    await sql`insert into loacl.thread_overrides (thread_id, model) values (${threadId}, 'gpt-6-astra')`
    await sql`
      with given as (
        insert into loacl.resources (owner_id, key, content) values (${owner.userId}, 'r', ${'r'.repeat(5000)}) returning id
      )
      insert into loacl.assistant_resources (assistant_id, resource_id, owner_id) select ${id}, id, ${owner.userId} from given
    `
    const next = await world.ask(id, token, 'Next', threadId)
    expect((next as unknown as { assistant: object }).assistant).toMatchObject({ model: 'gpt-6-astra' })
    const more = (await readBudget(id))!.usd - before.usd
    expect(more).toBeGreaterThan(8000 * 10e-6 + 4096 * 50e-6)
    expect(more).toBeLessThan(8500 * 10e-6 + 4096 * 50e-6)
  })

  it('is settled by what each call did cost', async () => {
    const { id } = await world.createAssistant()
    const bound = await readBound(id)
    const { turn } = (await begin(id)).body
    expect(await readBudget(id)).toMatchObject({ tokens: bound.tokens, usd: expect.closeTo(bound.usd, 12) })
    await world.finish(turn, { usage: usageOf(1000, 100) })
    const answer = 1000 * INPUT + 100 * OUTPUT
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(answer + bound.title, 12) })
    await saveFollowUps(turn, usageOf(200, 50))
    const both = answer + 200 * INPUT + 50 * OUTPUT
    const settled = { tokens: 1350, usd: expect.closeTo(both, 12), month: expect.closeTo(both, 12) }
    expect(await readBudget(id)).toEqual(settled)
    // Once.
    await saveFollowUps(turn, usageOf(200, 50))
    expect(await readBudget(id)).toEqual(settled)
    expect(await sql`select from loacl_private.reservations where assistant_id = ${id}`).toHaveLength(0)
  })

  it('is settled beside a budget that its owner has put to nothing meanwhile', async () => {
    const { id } = await world.createAssistant()
    const { turn } = (await begin(id)).body
    await sql`update loacl_private.budgets set day_tokens = 0, day_usd = 0, month_usd = 0 where assistant_id = ${id}`
    expect((await world.finish(turn)).status).toBe(204)
    expect(await readBudget(id)).toEqual({ tokens: 0, usd: 0, month: 0 })
  })

  it('is settled at the price of the model that was asked, where the one that answered has none', async () => {
    const { id } = await world.createAssistant({ settings: { follow_ups: false } })
    const { turn } = (await begin(id)).body
    await world.finish(turn, {
      state: 'cut',
      cutReason: 'max_output_tokens',
      model: 'luna-at-home',
      usage: usageOf(1000, 100),
    })
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(1000 * INPUT + 100 * OUTPUT, 12) })
  })

  it('goes where no call was made, or the provider refused it', async () => {
    const { id } = await world.createAssistant()
    for (const errorCode of [
      'provider_key_unusable',
      'provider_key_rejected',
      'model_rate_limited',
      'model_unavailable',
    ]) {
      const { turn } = (await begin(id)).body
      await world.finish(turn, { state: 'failed', errorCode, content: '', responseId: null, usage: null })
      expect(await readBudget(id)).toMatchObject({ tokens: 0, usd: 0, month: 0 })
    }
  })

  it.each([
    ['stopped before a word came', { state: 'stopped', content: '', responseId: null }],
    ['cut by the time limit', { state: 'cut', cutReason: 'time_limit', content: '', responseId: null }],
    ['cut for its length by us', { state: 'cut', cutReason: 'max_output_tokens', content: 'More and more' }],
    ['broken off', { state: 'failed', errorCode: 'model_stream_broken', content: '' }],
    ['failed after the model had begun', { state: 'failed', errorCode: 'model_unavailable', content: '' }],
    ['failed by ourselves', { state: 'failed', errorCode: 'internal', content: '', responseId: null }],
  ])('stands in full for an answer %s of a model that reasons, whose usage nobody knows', async (_, outcome) => {
    const { id } = await world.createAssistant()
    const bound = await readBound(id)
    const { turn } = (await begin(id)).body
    await world.finish(turn, { ...outcome, usage: null })
    // There are no follow-ups to such an answer.
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(bound.answer, 12) })
  })

  it('stands in full for a turn whose worker has gone, also when it comes back late', async () => {
    const { id } = await world.createAssistant()
    const { usd, answer } = await readBound(id)
    const token = createToken()
    const { turn } = (await world.beginTurn(id, token, { text: TEXT })).body
    await setLimit(id, { spend_per_day_usd: usd * 1.2 })
    await sql`update loacl_private.turns set lease_expires_at = now() where id = ${turn.id}`
    const read = await api.rpc('read_turn_parts', { turn_id: turn.id, after_seq: 0 }, world.asServer(token))
    expect(read.body).toMatchObject({ state: 'failed', errorCode: 'turn_abandoned' })
    expect(await world.finish(turn)).toMatchObject({ status: 409 })
    // Its follow-ups were never asked for.
    expect(await readBudget(id)).toMatchObject({ usd: expect.closeTo(answer, 12) })
    expect(await begin(id)).toMatchObject(exceeded)
  })
})
