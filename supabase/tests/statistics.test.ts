import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken, type Caller } from './support/api.ts'
import { createWorld } from './support/world.ts'

const stack = workerStack()
const world = createWorld(stack)
const { sql } = world
afterAll(() => world.close())

/** What the planner expects a request to find, as anybody may ask it. */
async function plannedCount(path: string, { token, jwt }: Caller): Promise<string | null> {
  const response = await fetch(`${stack.apiUrl}/rest/v1/${path}&select=id&limit=0`, {
    headers: {
      apikey: stack.publishableKey,
      'accept-profile': 'loacl',
      prefer: 'count=planned',
      ...(token === undefined ? {} : { 'x-loacl-session': token }),
      ...(jwt === undefined ? {} : { authorization: `Bearer ${jwt}` }),
    },
  })
  expect(response.status).toBeLessThan(300)
  return response.headers.get('content-range')
}

/** What it expects for each of these values: one answer, if it tells nothing. */
async function plannedCounts(table: string, column: string, caller: Caller, ...values: string[]) {
  const paths = values.map((value) => `${table}?${column}=${encodeURIComponent(value)}`)
  return new Set(await Promise.all(paths.map((path) => plannedCount(path, caller))))
}

describe('what the planner knows of all rows', () => {
  it('tells nobody what others wrote, nor who they are', async () => {
    const { id: assistantId } = await world.createAssistant()
    const { threadId } = await world.converse(assistantId, createToken())
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, role, content)
      select t.id, t.session_id, t.assistant_id, 'user', case when n % 2 = 0 then 'I want to leave' else 'Is it ' || n end
      from loacl.threads t cross join generate_series(1, 1000) n where t.id = ${threadId}
    `
    await sql`
      insert into loacl.sessions (assistant_id, session_type, external_id)
      select ${assistantId}, 'authenticated', case when n % 2 = 0 then 'ann@example.com' else n || '@example.com' end
      from generate_series(1, 1000) n
    `
    await sql`analyze loacl.messages`
    await sql`analyze loacl.sessions`

    const nobody = { token: createToken() }
    const stranger = await world.api.signUp(`${createToken()}@example.com`)
    expect(await plannedCounts('messages', 'content', nobody, 'eq.I want to leave', 'eq.I want to stay')).toHaveLength(
      1,
    )
    expect(await plannedCounts('messages', 'content', nobody, 'lt.A', 'lt.I', 'lt.J', 'lt.Z')).toHaveLength(1)
    expect(
      await plannedCounts('sessions', 'external_id', stranger, 'eq.ann@example.com', 'eq.bob@example.com'),
    ).toHaveLength(1)
    expect(await plannedCounts('sessions', 'external_id', stranger, 'lt.A', 'lt.a', 'lt.b')).toHaveLength(1)
  })

  it('is of ids, times, flags, places and fixed words alone', async () => {
    const sampled = await sql<{ name: string }[]>`
      select c.relname || '.' || a.attname as name
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'loacl'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
        and a.attstattarget is distinct from 0
        -- jsonb has no operator by which the planner would tell.
        and (
          a.attname = 'user_id'
          or a.atttypid not in (
            'uuid'::regtype, 'uuid[]'::regtype, 'timestamptz'::regtype, 'boolean'::regtype, 'jsonb'::regtype
          )
        )
        and a.attname not in ('seq', 'position', 'priority')
        and (
          has_column_privilege('anon', c.oid, a.attnum, 'select')
          or has_column_privilege('authenticated', c.oid, a.attnum, 'select')
        )
        -- A word of a list that is in the table's own definition.
        and not exists (
          select
          from pg_constraint k
          where k.conrelid = c.oid and k.contype = 'c'
            and starts_with(pg_get_constraintdef(k.oid), 'CHECK ((' || a.attname || ' = ')
        )
      order by 1
    `
    expect(sampled.map(({ name }) => name)).toEqual([])
  })
})
