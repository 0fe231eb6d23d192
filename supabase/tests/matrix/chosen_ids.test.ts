import type postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createMatrixWorld, type MatrixWorld } from './matrix_world.ts'
import { attemptAll } from './sql_attempts.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let matrix: MatrixWorld

beforeAll(async () => {
  matrix = await createMatrixWorld(world)
})
afterAll(() => world.close())

/**
 * Columns that visitors or operators may write though they are the database's own: keys, owners, parents and times, and
 * whatever a function gives by default. On insert they may name a parent, which has to be there, and themselves as owner.
 * What becomes null when it goes is no parent, and may be chosen anew.
 */
const findChosen = async (database: postgres.ISql): Promise<string[]> => {
  const chosen = await database<{ name: string }[]>`
    select distinct format('%s %s.%s', verb, c.relname, a.attname) as name
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    cross join unnest(array['anon', 'authenticated']) as role
    cross join unnest(array['insert', 'update']) as verb
    cross join lateral (
      select coalesce(bool_or(k.contype = 'p'), false) as is_key, 
        -- Not what a row chooses of its owner's, and keeps from going.
        coalesce(bool_or(k.contype = 'f' and k.confdeltype <> 'a'), false) as is_link
      from pg_constraint k where k.conrelid = c.oid and a.attnum = any (k.conkey)
    ) k
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'f')
      and has_column_privilege(role, c.oid, a.attnum, verb)
      and case
        when a.attname in ('id', 'created_at', 'updated_at') then true
        when verb = 'update' then k.is_key or k.is_link or a.attname = 'owner_id'
        else (k.is_key and not k.is_link) or pg_get_expr(d.adbin, d.adrelid) like '%(%' and pg_get_expr(d.adbin, d.adrelid) <> 'auth.uid()'
      end
    order by 1
  `
  return chosen.map(({ name }) => name)
}

it('no visitor and no operator may write a key, a parent, an owner or a time that the database gives, in any table', async () => {
  expect(await findChosen(sql)).toEqual([])
})

it('a table to come that lets them is found', async () => {
  const undo = new Error('undo')
  const found = sql.begin(async (tx) => {
    await tx`
      create table loacl.notes (
        id uuid primary key default gen_random_uuid(), thread_id uuid references loacl.threads (id) on delete cascade,
        code text default md5('x'), created_at timestamptz not null default now(), body text
      )
    `
    await tx`revoke all on table loacl.notes from anon, authenticated`
    await tx`grant insert (thread_id, body), update (body) on table loacl.notes to anon, authenticated`
    expect(await findChosen(tx)).toEqual([])
    await tx`grant insert (id), update (thread_id) on table loacl.notes to anon`
    expect(await findChosen(tx)).toEqual(['insert notes.id', 'update notes.thread_id'])
    await tx`grant insert, update on table loacl.notes to authenticated`
    expect(await findChosen(tx)).toEqual([
      'insert notes.code',
      'insert notes.created_at',
      'insert notes.id',
      'update notes.created_at',
      'update notes.id',
      'update notes.thread_id',
    ])
    throw undo
  })
  await expect(found).rejects.toBe(undo)
})

it('an operator gets no assistant under the id of one that another owner deleted, which pages still name', async () => {
  const { id, owner } = await world.createAssistant()
  expect((await api.remove(`assistants?id=eq.${id}`, { jwt: owner.jwt })).status).toBe(200)
  const { api: attacker, ownerId } = matrix.callers['other operator']
  const row = { name: 'Mine now', model: 'gpt-6-luna', allowed_origins: ['*'] }
  const refused = { status: 403, body: { code: '42501', message: expect.stringContaining('permission denied') } }
  expect(await api.insert('assistants', { id, owner_id: ownerId, ...row }, attacker)).toMatchObject(refused)
  expect(await api.update(`assistants?owner_id=eq.${ownerId}`, { id }, attacker)).toMatchObject(refused)
  expect((await api.rpc('open_session', { assistant_id: id }, { token: createToken() })).status).toBe(404)
  // Under an id that the database chooses, and as theirs whether they say so or not.
  const made = await api.insert('assistants', row, attacker)
  expect(made).toMatchObject({ status: 201, body: [{ ...row, owner_id: ownerId }] })
  expect(made.body[0].id).not.toBe(id)
  await api.remove(`assistants?id=eq.${made.body[0].id}`, attacker)
})

const gone = crypto.randomUUID()

it.each([
  ['an assistant', 'assistants (id, owner_id, name, model)', `'${gone}', auth.uid(), 'x', 'x'`],
  ['a resource', 'resources (id, key, content)', `'${gone}', 'x', 'x'`],
  ['a price', 'model_prices (id, owner_id, model, input_usd, output_usd)', `'${gone}', auth.uid(), 'x', 1, 1`],
  ['a question', 'guided_questions (id, assistant_id, question)', `'${gone}', (select id from loacl.assistants), 'x'`],
  ['a document', 'documents (id, original_name)', `'${gone}', 'x'`],
  ['a store', 'vector_stores (id, name)', `'${gone}', 'x'`],
  ['a tag', 'conversation_tags (id, name)', `'${gone}', 'x'`],
  ['a thread', 'threads (id, session_id, assistant_id)', `'${gone}', '${gone}', '${gone}'`],
  ['a session', 'sessions (id, assistant_id)', `'${gone}', '${gone}'`],
  ['feedback', 'message_feedback (id, message_id, value)', `'${gone}', '${gone}', 'up'`],
])('%s gets no id of its writer’s, by insert, upsert or update', async (_, target, values) => {
  const [table] = target.split(' ')
  const insert = `insert into loacl.${target} values (${values})`
  const statements = [
    insert,
    `${insert} on conflict (id) do nothing`,
    `${insert} on conflict (id) do update set id = excluded.id`,
    `update loacl.${table} set id = '${gone}'`,
    `merge into loacl.${table} t using (select) s on false when not matched then insert ${target.slice(table!.length)} values (${values})`,
  ]
  for (const caller of ['operator', 'visitor A'] as const) {
    const attempted = await attemptAll(
      sql,
      matrix.callers[caller],
      statements.map((statement) => ({ name: statement, statement })),
    )
    for (const one of attempted)
      expect(one).toMatchObject({ code: '42501', message: expect.stringContaining('permission denied') })
  }
})

it.each([
  [{ threadId: gone }, 'thread_not_found'],
  [{ assistantId: gone }, 'assistant_not_found'],
])('a turn makes nothing under an id that its body names: %o', async (body, message) => {
  const [assistantId] = matrix.assistantIds
  expect(
    await world.beginTurn(assistantId!, matrix.callers['visitor A'].token, { origin: null, ...body }),
  ).toMatchObject({
    status: 404,
    body: { message },
  })
})
