import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { pushMigrations } from '../../../packages/local/src/index.ts'
import { createToken } from '../support/api.ts'
import { createDatabase } from '../support/database.ts'
import { readExpectations } from './expectations.ts'

const expectations = readExpectations()
// One of its own: nobody else should meet what is made here.
const database = await createDatabase(workerStack().dbUrl)
const { sql } = database
const assistantId = randomUUID()
const ownerId = randomUUID()

beforeAll(async () => {
  await pushMigrations(database.url)
  const secretId = randomUUID()
  await sql`insert into auth.users (id, email) values (${ownerId}, 'owner@example.com')`
  await sql`insert into loacl_private.operators (user_id) values (${ownerId})`
  await sql`
    insert into loacl.assistants (id, owner_id, name, model, allowed_origins, retention_days)
    values (${assistantId}, ${ownerId}, 'One', 'gpt-6-luna', '{https://site.test}', 30)
  `
  await sql`
    insert into loacl_private.secrets (id, owner_id, purpose, key_id, ciphertext)
    values (${secretId}, ${ownerId}, 'provider_key', 'k', ${Buffer.alloc(48).toString('base64')})
  `
  await sql`
    insert into loacl.provider_configs (owner_id, secret_id, key_last_four) values (${ownerId}, ${secretId}, 'abcd')
  `
})
afterAll(() => database.drop())

describe('definer functions', () => {
  it('are in loacl_private, each with its line and no more grants than that says', async () => {
    const found = await sql<{ schema: string; name: string; roles: string[] }[]>`
      select pronamespace::regnamespace::text as schema, proname as name,
        array(
          select role from unnest(array['anon', 'authenticated', 'service_role']) role
          where has_function_privilege(role, oid, 'execute') order by 1
        ) as roles
      from pg_proc where pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and prosecdef order by 2
    `
    expect(new Set(found.map(({ schema }) => schema))).toEqual(new Set(['loacl_private']))
    expect(new Map(found.map(({ name, roles }) => [name, roles]))).toEqual(
      new Map([...expectations.definers].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    )
  })

  it('find temporary objects last, as all functions do that could be called by them', async () => {
    const found = await sql`
      select oid::regprocedure::text as name, proconfig
      from pg_proc where pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
        and 'search_path=pg_catalog, pg_temp' <> all (coalesce(proconfig, '{}'))
    `
    expect(found).toEqual([])
  })
})

/** A visitor's way through: ask, answer, suggest, read, rate, rename, delete, restore, export; then the operator's, then erasure. */
async function run(client: postgres.Sql): Promise<unknown> {
  // Of an earlier run.
  await sql`delete from loacl.usage_logs`
  await sql`delete from loacl.sessions`
  const token = createToken()
  const request = (role: string, claims: object = {}) => client`
    select pg_catalog.set_config('role', 'none', false), pg_catalog.set_config('request.jwt.claims', ${JSON.stringify({ role, ...claims })}, false),
      pg_catalog.set_config('request.headers', ${JSON.stringify({ 'x-loacl-session': token, origin: 'https://site.test' })}, false),
      pg_catalog.set_config('role', ${role}, false)
  `
  const steps: unknown[] = []
  const call = async (statement: string): Promise<Record<string, string>> => {
    const [row] = await client.unsafe<{ result: Record<string, string> }[]>(`select ${statement} as result`)
    steps.push(row?.result ?? null)
    return row?.result ?? {}
  }
  const read = async (statement: string): Promise<void> => void steps.push([...(await client.unsafe(statement))])

  await request('service_role')
  const begun = (await call(
    `loacl.begin_turn('${JSON.stringify({
      type: 'message',
      assistantId,
      id: randomUUID(),
      threadId: null,
      text: 'What?',
      origin: 'https://site.test',
      address: '192.0.2.1',
      userId: null,
      deadlineMs: 65_000,
    })}'::pg_catalog.jsonb)`,
  )) as unknown as { threadId: string; messageId: string; turn: { id: string; lease: string } }
  const { id, lease } = begun.turn
  const parts = JSON.stringify([{ type: 'text-delta', id: '1', delta: 'This.' }])
  await call(`loacl.append_turn_parts('${id}', '${lease}', 1, '${parts}'::pg_catalog.jsonb)`)
  await call(`loacl.read_turn_parts('${id}', 0)`)
  const outcome = {
    state: 'completed',
    parts: [{ type: 'text', text: 'This.' }],
    content: 'This.',
    errorCode: null,
    cutReason: null,
    providerItems: [],
    responseId: 'resp_1',
    model: 'gpt-6-luna',
    usage: { inputTokens: 100, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 },
  }
  await call(`loacl.finish_turn('${id}', '${lease}', '${JSON.stringify(outcome)}'::pg_catalog.jsonb)`)
  await call(`loacl.save_follow_ups('${id}', '${lease}', 'Title', '{Why?}'::pg_catalog.text[], null)`)

  await request('anon')
  await call(`loacl.open_session('${assistantId}')`)
  await call(`loacl.list_threads('${assistantId}', search => 'this')`)
  await call(`loacl.list_messages('${begun.threadId}')`)
  await call(`loacl.set_feedback('${begun.messageId}', 'up', 'Good.')`)
  await call(`loacl.update_thread('${begun.threadId}', 'Mine', 'archived')`)
  await call(`loacl.delete_thread('${begun.threadId}')`)
  await read('select id, content from loacl.messages')
  await call(`loacl.restore_thread('${begun.threadId}')`)
  await call('loacl.export_visitor_data()')
  await read('select role, content from loacl.messages order by seq')

  await request('authenticated', { sub: ownerId })
  // The policies ask Supabase's auth.uid(), which follows its caller's path: here the one that the Data API sets.
  await client`select pg_catalog.set_config('search_path', 'loacl, public', false)`
  await read('select name from loacl.assistants')
  await read('select input_tokens, cost_usd from loacl.usage_logs')
  await call("loacl.usage_metrics('day')")
  await call('loacl.export_visitor((select id from loacl.sessions))')

  await request('anon')
  await call('loacl.erase_visitor_data()')
  await client`select pg_catalog.set_config('role', 'none', false)`
  await client`select loacl_private.clean_up()`
  // Two runs differ in ids and times alone.
  return JSON.parse(
    JSON.stringify(steps)
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
      .replaceAll(/\d{4}-\d\d-\d\d[T ][0-9:.+Z]+/g, 'TIME'),
  )
}

/** Every function and operator of PostgreSQL's own that can be copied, each raising, in a schema that is searched first. */
const TRAPS = `
  create function public.trap() returns void language plpgsql as $$ begin raise exception 'trapped'; end $$;
  do $$
  declare
    f record;
    made integer := 0;
    bodies text := (
      select string_agg(pg_get_functiondef(oid), ' ')
      from pg_proc where pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
    );
  begin
    for f in
      select p.oid, p.proname, pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result
      from pg_proc p
      where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f'
        and position(p.proname || '(' in bodies) > 0
    loop
      begin
        execute format(
          'create function public.%I(%s) returns %s language plpgsql as %L', f.proname, f.arguments, f.result,
          'begin perform public.trap(); return null; end'
        );
        made := made + 1;
      exception when others then
        continue; -- of a type that plpgsql can't take
      end;
    end loop;
    for f in
      select o.oprname, o.oprleft::regtype as l, o.oprright::regtype as r, o.oprresult::regtype as result
      from pg_operator o
      where o.oprnamespace = 'pg_catalog'::regnamespace and o.oprkind = 'b'
        and o.oprname in ('=', '<>', '<', '<=', '>', '>=', '~', '!~', '||', '->', '->>', '+', '-', '*', '/', '?', '@>')
        and o.oprleft::regtype::text in ('uuid', 'text', 'jsonb', 'bytea', 'integer', 'bigint', 'numeric', 'timestamp with time zone', 'date', 'boolean', 'interval')
        and o.oprright::regtype::text not like 'any%'
    loop
      execute format('create function public.%I(%s, %s) returns %s language plpgsql as %L',
        'operator_' || made, f.l, f.r, f.result, 'begin perform public.trap(); return null; end');
      execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.%I)',
        f.oprname, f.l, f.r, 'operator_' || made);
      made := made + 1;
    end loop;
    if made < 200 then
      raise exception 'only % traps', made;
    end if;
  end
  $$;
  grant usage on schema public to anon, authenticated, service_role;
`

it('nothing in public moves the main flows, though it shadows what PostgreSQL has and is searched first', async () => {
  const plain = postgres(database.url, { max: 1, onnotice: () => {} })
  const before = await run(plain)
  await plain.end()
  await sql.unsafe(TRAPS)
  const trapped = postgres(database.url, {
    max: 1,
    onnotice: () => {},
    fetch_types: false,
    connection: { search_path: 'public, pg_catalog' },
  })
  await expect(trapped.unsafe('select now()')).rejects.toThrow('trapped')
  await expect(trapped.unsafe("select 'a'::text = 'a'::text")).rejects.toThrow('trapped')
  expect(await run(trapped)).toEqual(before)
  await trapped.end()
})

it('nothing in pg_temp moves them, nor runs with their owner’s rights', async () => {
  const plain = postgres(database.url, { max: 1, onnotice: () => {} })
  const before = await run(plain)
  await plain.end()

  const notices: string[] = []
  const client = postgres(database.url, { max: 1, onnotice: ({ message }) => void notices.push(message ?? '') })
  // As whoever got hold of SQL with a visitor's role would.
  await client`select set_config('role', 'anon', false)`
  await client.unsafe(`
    create function pg_temp.spy(value pg_catalog.text) returns pg_catalog.bool language plpgsql as $$
    begin
      raise notice 'spied on %', current_user;
      return true;
    end
    $$;
  `)
  for (const type of ['text', 'uuid', 'jsonb', 'json', 'bytea', 'timestamptz', 'inet', 'date', 'int8'])
    await client.unsafe(
      `create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.spy(value::pg_catalog.text))`,
    )
  const tables = [...expectations.tables.keys(), 'users'].map((name) => name.replace(/^.*\./, ''))
  for (const table of tables) await client.unsafe(`create temporary table ${table} (id pg_catalog.uuid)`)
  await client`select set_config('role', 'none', false)`

  await expect(client.unsafe("select 'a'::text")).resolves.toBeDefined()
  expect(notices.some((notice) => notice.startsWith('spied on'))).toBe(true)
  notices.length = 0
  expect(await run(client)).toEqual(before)
  expect(notices.filter((notice) => notice === 'spied on postgres')).toEqual([])
  await client.end()
})
