import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost } from '../turns/turn_calls.ts'
import { createSpending, INPUT, OUTPUT, TEXT, usageOf } from './spending.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { readBudget, saveFollowUps } = createSpending(world)
const { append } = createTurnCalls(world)
beforeEach(avoidMidnight)
afterAll(() => world.close())

/** It doesn't reason. */
const MODEL = 'llama-9'
const createAssistant = async () => {
  const made = await world.createAssistant({ settings: { model: MODEL } })
  await sql`
    insert into loacl.model_prices (owner_id, model, input_usd, output_usd)
    values (${made.owner.userId}, ${MODEL}, ${INPUT * 1e6}, ${OUTPUT * 1e6})
  `
  return made
}
const readUsage = (ownerId: string) => sql<
  { purpose: string; output: number; tokens: number; thread: string | null }[]
>`
  select purpose, output_tokens::int as output, (input_tokens + output_tokens)::int as tokens,
    thread_id as thread
  from loacl.usage_logs where owner_id = ${ownerId} order by created_at, purpose
`
const sumOf = (rows: readonly { tokens: number }[]) => rows.reduce((sum, { tokens }) => sum + tokens, 0)

const deletions: [string, (turn: BegunTurn, token: string) => PromiseLike<unknown>][] = [
  ['the visitor’s erasure', (_, token) => api.rpc('erase_visitor_data', {}, { token })],
  ['the deletion of the thread', ({ threadId }) => sql`delete from loacl.threads where id = ${threadId}`],
  [
    'the deletion of the session',
    ({ threadId }) => sql`
      delete from loacl.sessions where id = (select session_id from loacl.threads where id = ${threadId})
    `,
  ],
  [
    'retention',
    async ({ threadId }) => {
      await sql`
        update loacl.assistants set retention_days = 1
        where id = (select assistant_id from loacl.threads where id = ${threadId})
      `
      await sql`update loacl.threads set last_message_at = now() - interval '2 days' where id = ${threadId}`
      await sql`select loacl_private.clean_up()`
    },
  ],
]

describe.each(deletions)('%s', (_, remove) => {
  it('leaves an estimate of the call that runs, which names no thread, and nothing reserved', async () => {
    const { id, owner } = await createAssistant()
    const token = createToken()
    const begun = await world.ask(id, token, TEXT)
    await append(begun.turn, 1, [{ type: 'start' }, delta('a'.repeat(290)), delta('b'.repeat(10))])
    await remove(begun, token)
    const rows = await readUsage(owner.userId)
    expect(rows).toMatchObject([{ purpose: 'answer', output: 100, thread: null }])
    expect(await readBudget(id)).toMatchObject({ tokens: sumOf(rows) })
    expect(await sql`select from loacl_private.reservations where assistant_id = ${id}`).toHaveLength(0)
    expect(await world.finish(begun.turn)).toMatchObject(leaseLost)
    expect(await readUsage(owner.userId)).toEqual(rows)
  })

  it('leaves an estimate of follow-ups that are being made, and none of a turn that was stopped', async () => {
    const { id, owner } = await createAssistant()
    for (const state of ['completed', 'stopped']) {
      const token = createToken()
      const begun = await world.ask(id, token, TEXT)
      await world.finish(begun.turn, { state, model: MODEL, usage: usageOf(100, 10) })
      await remove(begun, token)
    }
    const rows = await readUsage(owner.userId)
    expect(rows.map(({ purpose }) => purpose).toSorted()).toEqual(['answer', 'answer', 'title'])
    expect(await readBudget(id)).toMatchObject({ tokens: sumOf(rows) })
  })

  it('leaves what others reserve', async () => {
    const { id } = await createAssistant()
    const kept = await world.ask(id, createToken(), TEXT)
    const token = createToken()
    await remove(await world.ask(id, token, TEXT), token)
    const left = await sql`select purpose from loacl_private.reservations where turn_id = ${kept.turn.id}`
    expect(left).toHaveLength(2)
  })
})

describe('the deletion of an assistant', () => {
  it('leaves the owner an estimate of the call that runs', async () => {
    const { id, owner } = await createAssistant()
    await world.ask(id, createToken(), TEXT)
    await sql`delete from loacl.assistants where id = ${id}`
    expect(await readUsage(owner.userId)).toMatchObject([{ purpose: 'answer', output: 0, thread: null }])
  })

  it('goes through with its owner’s, whose usage goes as well', async () => {
    const { id, owner } = await createAssistant()
    await world.ask(id, createToken(), TEXT)
    await sql`delete from auth.users where id = ${owner.userId}`
    expect(await sql`select from loacl.assistants where id = ${id}`).toHaveLength(0)
    expect(await readUsage(owner.userId)).toEqual([])
  })
})

describe('a call', () => {
  it('is logged once, however often its worker says what it used', async () => {
    const { id, owner } = await createAssistant()
    const { turn } = await world.ask(id, createToken(), TEXT)
    await world.finish(turn, { model: MODEL, usage: usageOf(100, 10) })
    const first = await saveFollowUps(turn, usageOf(50, 5))
    expect(await saveFollowUps(turn, usageOf(50, 5))).toEqual(first)
    const rows = await readUsage(owner.userId)
    expect(rows).toMatchObject([
      { purpose: 'answer', tokens: 110 },
      { purpose: 'title', tokens: 55 },
    ])
    expect(await readBudget(id)).toMatchObject({ tokens: 165 })
  })

  it('is logged once where its worker comes after it was estimated', async () => {
    const { id, owner } = await createAssistant()
    const { turn } = await world.ask(id, createToken(), TEXT)
    await world.finish(turn, { model: MODEL, usage: usageOf(100, 10) })
    await sql`update loacl_private.turns set ended_at = ended_at - interval '1 minute' where id = ${turn.id}`
    await sql`select loacl_private.clean_up()`
    await saveFollowUps(turn, usageOf(50, 5))
    const rows = await readUsage(owner.userId)
    expect(rows).toHaveLength(2)
    expect(await readBudget(id)).toMatchObject({ tokens: sumOf(rows) })
  })
})
