import { afterAll, beforeEach, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createMatrixWorld, type MatrixWorld } from '../matrix/matrix_world.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { sql } = world
let matrix: MatrixWorld
let ids: { threads: string[]; messages: string[] }

beforeEach(async () => {
  matrix = await createMatrixWorld(world)
  const assistantId = matrix.assistantIds[0]!
  const threads = await sql<{ id: string }[]>`select id from loacl.threads where assistant_id = ${assistantId}`
  const messages = await sql<{ id: string }[]>`select id from loacl.messages where assistant_id = ${assistantId}`
  ids = { threads: threads.map(({ id }) => id), messages: messages.map(({ id }) => id) }
  await sql`insert into loacl_private.budgets (assistant_id) values (${assistantId})`
  await sql`
    with turn as (
      insert into loacl_private.turns (thread_id, user_message_id, message_id, lease_expires_at, deadline_at, provider, model)
      select thread_id, id, id, now() + interval '1 hour', now(), 'openai', 'gpt-6-luna' from loacl.messages
      where thread_id = ${ids.threads[0]!} and author = 'assistant' limit 1
      returning id
    ),
    chunk as (insert into loacl_private.turn_chunks (turn_id, seq, parts) select id, 1, '[{}]' from turn),
    step as (insert into loacl_private.turn_steps (turn_id, step, model) select id, 1, 'gpt-6-luna' from turn)
    insert into loacl_private.reservations (turn_id, step, purpose, assistant_id, day, tokens, usd)
    select id, 1, 'answer', ${assistantId}, current_date, 1, 1 from turn
  `
})
afterAll(() => world.close())

/** By table: how many rows name one of these ids, in whatever column. */
async function countNaming(names: readonly string[]): Promise<Record<string, number>> {
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind = 'r'
      -- What is to be deleted elsewhere outlives its owner.
      and c.relname <> 'deletion_queue'
    order by 1
  `
  const counts = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await sql.unsafe<{ count: number }[]>(
        `select count(*)::int as count from ${name} t
         where exists (select from jsonb_each_text(to_jsonb(t)) e where e.value = any ($1))`,
        [names as string[]],
      )
      return [name, row!.count] as const
    }),
  )
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

it('with an owner goes everything of theirs, and nothing of another’s', async () => {
  const [owner, other] = matrix.ownerIds as [string, string]
  const everything = [
    owner,
    matrix.assistantIds[0]!,
    ...matrix.sessionIds.slice(0, -1),
    ...ids.threads,
    ...ids.messages,
  ]
  const others = [other, matrix.assistantIds[1]!, matrix.sessionIds.at(-1)!]
  const before = await countNaming(everything)
  // Of every table that there is, but for those that count for all.
  expect(Object.keys(before).length).toBeGreaterThan(30)
  const kept = await countNaming(others)
  await sql`delete from auth.users where id = ${owner}`
  expect(await countNaming(everything)).toEqual({})
  expect(await countNaming(others)).toEqual(kept)
})

it('with an assistant go its visitors and what they said, and what was paid stays', async () => {
  const [assistantId] = matrix.assistantIds
  const owned = await countNaming([matrix.ownerIds[0]!])
  const [{ open }] = await sql<[{ open: number }]>`
    select count(*)::int as open from loacl_private.reservations where assistant_id = ${assistantId!} and purpose = 'answer'
  `
  await sql`delete from loacl.assistants where id = ${assistantId!}`
  const everything = [assistantId!, ...matrix.sessionIds.slice(0, -1), ...ids.threads, ...ids.messages]
  expect(await countNaming(everything)).toEqual({})
  // What runs is paid as well.
  expect(open).toBe(1)
  expect((await countNaming([matrix.ownerIds[0]!]))['loacl.usage_logs']).toBe(owned['loacl.usage_logs']! + open)
})

it('with a thread go its messages and what hangs on them, and its session stays', async () => {
  const [session] = await sql<
    { id: string }[]
  >`select session_id as id from loacl.threads where id = ${ids.threads[0]!}`
  const messages = await sql<{ id: string }[]>`select id from loacl.messages where thread_id = ${ids.threads[0]!}`
  const everything = [ids.threads[0]!, ...messages.map(({ id }) => id)]
  expect(Object.keys(await countNaming(everything))).toEqual(
    expect.arrayContaining([
      'loacl.message_annotations',
      'loacl.follow_up_suggestions',
      'loacl.message_feedback',
      'loacl.tool_executions',
      'loacl.moderation_flags',
      'loacl.files',
      'loacl_private.message_internals',
      'loacl_private.thread_events',
    ]),
  )
  await sql`delete from loacl.threads where id = ${ids.threads[0]!}`
  expect(await countNaming(everything)).toEqual({})
  expect(await sql`select from loacl.sessions where id = ${session!.id}`).toHaveLength(1)
})
