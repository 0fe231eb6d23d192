import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld } from '../support/world.ts'
import { letters, type Told } from './long_conversation.ts'
import { createSummaryCalls, SUMMARY, toldTo } from './summary_calls.ts'
import { createTurnCalls } from './turn_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { plan, save, beginNear, outgrow, readUsage, readReserved, retryNow } = createSummaryCalls(world)
const { resume } = createTurnCalls(world)
beforeEach(avoidMidnight)
afterAll(() => world.close())

describe('a summary that the answer waits for', () => {
  it('is due where messages are left out for want of one, and the turn goes on with it', async () => {
    const { asked, assistantId, listOptimizations } = await outgrow()
    expect(asked.summary).toBe('due')
    expect(letters(asked.history)).toBe('bcde')
    const planned = (await plan(asked.turn))!
    expect(toldTo(planned)).toEqual(['visitor a', 'assistant b', 'visitor c', 'assistant d'])
    const { body } = await save(asked.turn, planned)
    expect((body as Told[]).map(({ role }) => role)).toEqual(['developer', 'user', 'user'])
    expect(body[1].content).toContain(SUMMARY)
    expect((await listOptimizations()).at(-1)).toMatchObject({ type: 'summarization', reason: 'token_limit' })
    // What the answer may cost is what it is told now.
    const bytes = (body as Told[]).reduce((sum, { content }) => sum + Buffer.byteLength(content) + 16, 0)
    const [{ sent }] = await sql<[{ sent: number }]>`
      select (tokens - output_tokens)::int as sent from loacl_private.reservations where turn_id = ${asked.turn.id} and purpose = 'answer'
    `
    expect(sent).toBe(bytes + 24 + 16 + 6)
    await world.finish(asked.turn)
    expect(await readUsage(assistantId)).toEqual([{ model: 'gpt-6-luna', input: 100, output: 20, is_estimate: false }])
    expect(await readReserved(asked.turn)).toEqual(['title'])
  })

  it('that fails leaves the turn as it was, and is not tried again for five minutes', async () => {
    const { asked, ask, assistantId, threadId } = await outgrow()
    const planned = (await plan(asked.turn))!
    expect(await save(asked.turn, planned, { summary: null, usage: null, is_called: false })).toMatchObject({
      body: null,
    })
    expect(await readUsage(assistantId)).toEqual([])
    expect(await readReserved(asked.turn)).toEqual(['answer', 'title'])
    expect(await plan(asked.turn)).toBeNull()
    await world.finish(asked.turn)
    expect(await plan(asked.turn)).toBeNull()
    const next = await ask('g')
    expect(next.summary).toBe('later')
    await world.finish(next.turn)
    await retryNow(threadId())
    expect(await plan(next.turn)).not.toBeNull()
  })

  it('is not made twice at once, by another turn or the worker that takes this one over', async () => {
    const { asked, ask, threadId } = await outgrow()
    expect(await plan(asked.turn)).not.toBeNull()
    expect(await plan(asked.turn)).toBeNull()
    await world.finish(asked.turn)
    const next = await ask('g')
    expect(next.summary).toBe('later')
    expect(await plan(next.turn)).toBeNull()
    // A late one is kept all the same.
    await retryNow(threadId())
    expect(await plan(next.turn)).not.toBeNull()
  })

  it('is lost with its worker: who takes the turn over goes on without, and nothing stays reserved', async () => {
    const { asked, token, assistantId } = await outgrow()
    expect(await plan(asked.turn)).not.toBeNull()
    await sql`update loacl_private.turns set lease_expires_at = lease_expires_at - interval '3 seconds' where id = ${asked.turn.id}`
    const lease = crypto.randomUUID()
    const { body } = await resume(asked.turn, token, 1, lease)
    expect(letters(body.history)).toBe('bcde')
    expect(body).not.toHaveProperty('summary')
    const taken = { id: asked.turn.id, lease }
    expect(await plan(taken)).toBeNull()
    await world.finish(taken)
    await sql`update loacl_private.turns set ended_at = ended_at - interval '31 seconds' where id = ${taken.id}`
    await sql`select loacl_private.clean_up()`
    expect(await readReserved(taken)).toEqual([])
    expect(await readUsage(assistantId)).toMatchObject([{ is_estimate: true }])
  })
})

describe('what a summary costs', () => {
  it('is reserved, and settled by what it took', async () => {
    const { turn, assistantId } = await beginNear({ spend_per_day_usd: 5 })
    const planned = (await plan(turn))!
    expect(await readReserved(turn)).toContain('summary')
    const before =
      await sql`select day_tokens::int as tokens from loacl_private.budgets where assistant_id = ${assistantId}`
    await save(turn, planned)
    await save(turn, planned)
    expect(await readUsage(assistantId)).toEqual([{ model: 'gpt-6-luna', input: 100, output: 20, is_estimate: false }])
    expect(await readReserved(turn)).not.toContain('summary')
    const after =
      await sql`select day_tokens::int as tokens from loacl_private.budgets where assistant_id = ${assistantId}`
    expect(after[0]!['tokens']).toBeLessThan(before[0]!['tokens'])
  })

  it.each([
    ['the budget has no room', { spend_per_day_usd: 0.000001 }],
    ['the model has no price under a spend limit', { model: 'llama-9' }],
  ])('is not spent where %s', async (_, change) => {
    const { turn, assistantId } = await beginNear()
    await sql`update loacl.assistants set ${sql(change)} where id = ${assistantId}`
    await sql`update loacl_private.turns set model = coalesce(${'model' in change ? change.model : null}, model) where id = ${turn.id}`
    expect(await plan(turn)).toBeNull()
    expect(await readReserved(turn)).not.toContain('summary')
  })

  it('is estimated and no longer reserved once its worker has died, whoever looks', async () => {
    const looks = [
      ({ ask }: Awaited<ReturnType<typeof beginNear>>) => ask('g'),
      () => sql`select loacl_private.clean_up()`,
      ({ threadId }: Awaited<ReturnType<typeof beginNear>>) => sql`delete from loacl.threads where id = ${threadId()}`,
    ]
    for (const look of looks) {
      // One that does not reason unseen, for which all that is reserved would be taken.
      const conversation = await beginNear({ model: 'llama-9', spend_per_day_usd: null, spend_per_month_usd: null })
      const { turn, assistantId } = conversation
      expect(await plan(turn)).not.toBeNull()
      await sql`update loacl_private.turns set ended_at = ended_at - interval '31 seconds' where id = ${turn.id}`
      await look(conversation)
      expect(await readReserved(turn)).not.toContain('summary')
      expect(await readUsage(assistantId)).toMatchObject([{ model: 'llama-9', output: 0, is_estimate: true }])
    }
  })
})
