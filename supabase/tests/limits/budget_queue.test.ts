import { afterAll, beforeEach, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { avoidMidnight } from '../support/day.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { sql } = world
beforeEach(avoidMidnight)
afterAll(() => world.close())

// Twenty at once seldom meet in the instant between reading a budget and writing it. Here two do: the row is held until
// both have come as far as they can.
it('of two turns that have both come to a budget with room for one, one gets it', async () => {
  const { id } = await world.createAssistant()
  const begin = () => world.beginTurn(id, createToken(), { text: 'What is it?' })
  const { turn } = (await begin()).body
  const [reserved] = await sql<
    { usd: number }[]
  >`select day_usd::float8 as usd from loacl_private.budgets where assistant_id = ${id}`
  await world.finish(turn, {
    state: 'failed',
    errorCode: 'provider_key_rejected',
    content: '',
    responseId: null,
    usage: null,
  })
  await sql`update loacl.assistants set spend_per_day_usd = ${reserved!.usd * 1.9} where id = ${id}`
  const begun = await sql.begin(async (tx) => {
    const [own] = await tx<{ pid: number }[]>`
      select pg_backend_pid() as pid from loacl_private.budgets where assistant_id = ${id} for no key update
    `
    const answers = [begin(), begin()]
    // The second waits for this transaction, or for the first, which waits for it.
    await expect
      .poll(
        () => sql`
          with recursive behind as (
            select ${own!.pid}::int as pid
            union
            select a.pid from behind b join pg_stat_activity a on b.pid = any (pg_blocking_pids(a.pid))
          )
          select pid from behind where pid <> ${own!.pid}
        `,
      )
      .toHaveLength(2)
    return { answers }
  })
  const answers = await Promise.all(begun.answers)
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 429])
  const [budget] = await sql<
    { usd: number }[]
  >`select day_usd::float8 as usd from loacl_private.budgets where assistant_id = ${id}`
  expect(budget!.usd).toBeCloseTo(reserved!.usd, 9)
})
