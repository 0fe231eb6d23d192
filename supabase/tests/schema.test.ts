import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import postgres from 'postgres'
import { ERROR_STATUS } from '../../packages/wire/src/index.ts'
import { readSchemaFiles } from './support/schema_files.ts'

const sql = postgres(workerStack().dbUrl, { max: 1, onnotice: () => {} })
afterAll(() => sql.end())

const names = (rows: readonly postgres.Row[]) => rows.map(({ name }) => name)

describe('every table', () => {
  it('has row security and a comment', async () => {
    const bare = await sql`
      select c.oid::regclass::text as name
      from pg_class c
      where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind in ('r', 'p')
        and (not c.relrowsecurity or obj_description(c.oid) is null)
    `
    expect(names(bare)).toEqual([])
  })

  it('has one policy for a role and verb, named for both, and none for all verbs or all roles', async () => {
    const policies = await sql<{ name: string; table: string; verb: string; roles: string[]; permissive: string }[]>`
      select policyname as name, tablename as table, lower(cmd) as verb, roles::text[], permissive
      from pg_policies where schemaname in ('loacl', 'loacl_private')
    `
    expect(policies.length).toBeGreaterThan(0)
    const seen = new Set<string>()
    for (const { name, table, verb, roles } of policies) {
      expect(name).toMatch(new RegExp(`^${table}_${verb}_[a-z_]+$`))
      expect(['select', 'insert', 'update', 'delete']).toContain(verb)
      for (const role of roles) {
        expect(['anon', 'authenticated']).toContain(role)
        const key = `${table} ${verb} ${role}`
        expect(seen).not.toContain(key)
        seen.add(key)
      }
    }
  })

  it('asks who the caller is by the functions for that alone, so that who an operator is stands once', async () => {
    const others = await sql`
      select policyname as name
      from pg_policies
      where schemaname in ('loacl', 'loacl_private')
        and (
          concat_ws(' ', qual, with_check) ~ 'auth\\.|current_setting|current_user|operators'
          or 'authenticated' = any (roles) and concat_ws(' ', qual, with_check) !~ 'own_(team|assistant|session)_ids'
        )
    `
    expect(names(others)).toEqual([])
  })

  it('has an index that leads with each foreign key, so that deleting a parent walks no table', async () => {
    const missing = await sql`
      select f.conrelid::regclass || '.' || f.conname as name
      from pg_constraint f
      where f.contype = 'f' and f.connamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
        and not exists (
          select from pg_index i where i.indrelid = f.conrelid and (i.indkey::int2[])[0] = any (f.conkey)
        )
      order by 1
    `
    expect(names(missing)).toEqual([])
  })

  it('goes with what it hangs on, but for what is named here', async () => {
    const others = await sql`
      select c.relname || '.' || (
          select string_agg(a.attname, ', ' order by k.place)
          from unnest(coalesce(f.confdelsetcols, f.conkey)) with ordinality as k (number, place)
          join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number
        ) || case f.confdeltype when 'n' then ' becomes null' else ' stands in the way' end as name
      from pg_constraint f join pg_class c on c.oid = f.conrelid
      where f.contype = 'f' and f.connamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and f.confdeltype <> 'c'
      order by 1
    `
    expect(names(others).toSorted()).toEqual([
      // An assistant would go on with another provider.
      'assistants.fallback_provider_config_id, owner_id stands in the way',
      'assistants.moderation_provider_config_id, owner_id stands in the way',
      'assistants.provider_config_id, owner_id stands in the way',
      // Bytes stay with the provider until their own row goes.
      'documents.provider_config_id becomes null',
      'file_objects.provider_config_id becomes null',
      // An answer still says what it rests on.
      'message_annotations.document_id becomes null',
      'message_annotations.file_id becomes null',
      'messages.parent_id becomes null',
      // A call that ran has run.
      'tool_executions.tool_id becomes null',
      'tool_executions.turn_id becomes null',
      // What was paid was paid.
      'usage_logs.assistant_id becomes null',
      'usage_logs.session_id becomes null',
      'usage_logs.thread_id becomes null',
      'vector_stores.provider_config_id becomes null',
    ])
  })

  it('knows when a row was made, and when it was changed where rows change', async () => {
    const tables = await sql<{ name: string; made: boolean; changed: boolean; stamped: boolean }[]>`
      select c.oid::regclass::text as name,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'created_at' and a.attnotnull
          and a.atttypid = 'timestamptz'::regtype and a.atthasdef) as made,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'updated_at' and a.attnotnull
          and a.atttypid = 'timestamptz'::regtype and a.atthasdef) as changed,
        exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'loacl_private.set_updated_at'::regproc
          and t.tgenabled = 'O' and t.tgtype = 19) as stamped
      from pg_class c
      where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind in ('r', 'p')
      order by 1
    `
    // These count a day or an hour, and say which in a column of their own.
    const counters = ['budgets', 'rate_counters', 'rate_salts', 'reservations'].map((name) => `loacl_private.${name}`)
    expect(names(tables.filter(({ made }) => !made)).toSorted()).toEqual(counters)
    expect(names(tables.filter(({ changed, stamped }) => changed !== stamped))).toEqual([])
    // Written once; or what changes in them has a time of its own, as a suggestion's use has and a turn's end.
    expect(names(tables.filter(({ made, changed }) => made && !changed)).toSorted()).toEqual([
      'loacl.assistant_documents',
      'loacl.assistant_vector_stores',
      'loacl.context_optimizations',
      'loacl.follow_up_suggestions',
      'loacl.message_annotations',
      'loacl.moderation_flags',
      'loacl.thread_tags',
      'loacl.usage_logs',
      'loacl_private.deletion_queue',
      'loacl_private.kept_stops',
      'loacl_private.message_internals',
      'loacl_private.operators',
      'loacl_private.replaced_session_tokens',
      'loacl_private.session_tokens',
      'loacl_private.thread_events',
      'loacl_private.turn_chunks',
      'loacl_private.turn_steps',
      'loacl_private.turns',
    ])
  })

  it('says of each index of its own which query it serves', async () => {
    const silent = await sql`
      select i.indexrelid::regclass::text as name
      from pg_index i join pg_class c on c.oid = i.indexrelid
      where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
        and coalesce(obj_description(i.indexrelid, 'pg_class'), '') !~ '^(Serves|Holds):'
    `
    expect(names(silent)).toEqual([])
  })
})

describe('every function', () => {
  it('has a comment, a fixed search path and no rights for everybody', async () => {
    const bare = await sql`
      select p.oid::regprocedure::text as name
      from pg_proc p
      where p.pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
        and (
          obj_description(p.oid) is null
          or 'search_path=pg_catalog, pg_temp' <> all (coalesce(p.proconfig, '{}'))
          or exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0)
        )
    `
    expect(names(bare)).toEqual([])
  })

  it('that takes on a person’s whole history has more time than a hosted project gives visitors', async () => {
    const patient = await sql`
      select p.oid::regprocedure::text as name
      from pg_proc p
      where p.pronamespace = 'loacl'::regnamespace and 'statement_timeout=20s' = any (p.proconfig)
      order by p.oid::regprocedure::text collate "C"
    `
    expect(names(patient)).toEqual([
      'loacl.erase_visitor(uuid)',
      'loacl.erase_visitor_data()',
      'loacl.export_visitor(uuid)',
      'loacl.export_visitor_data()',
    ])
  })

  it('that is exposed runs as its caller, with a body that was bound when it was made', async () => {
    const loose = await sql`
      select p.oid::regprocedure::text as name
      from pg_proc p
      where p.pronamespace = 'loacl'::regnamespace and (p.prosecdef or p.prosqlbody is null)
    `
    expect(names(loose)).toEqual([])
  })

  it('that a visitor may call is one that a visitor is meant to call', async () => {
    const exposed = await sql`
      select p.proname as name
      from pg_proc p
      where p.pronamespace = 'loacl'::regnamespace and has_function_privilege('anon', p.oid, 'execute')
      order by 1
    `
    expect(names(exposed)).toEqual(
      expect.arrayContaining(['list_messages', 'list_threads', 'open_session', 'update_thread', 'use_suggestion']),
    )
    for (const name of [
      'begin_turn',
      'append_turn_parts',
      'read_turn_parts',
      'stop_turn',
      'finish_turn',
      'save_follow_ups',
    ])
      expect(names(exposed)).not.toContain(name)
  })
})

it('loacl_private is closed to every role of the Data API', async () => {
  const open = await sql`
    select role || ' ' || what as name
    from unnest(array['anon', 'authenticated', 'service_role', 'authenticator']) as role
    cross join lateral (
      select 'schema' as what where has_schema_privilege(role, 'loacl_private', 'usage')
      union all
      select c.oid::regclass::text from pg_class c
      where c.relnamespace = 'loacl_private'::regnamespace and c.relkind in ('r', 'v', 'S')
        and (case when c.relkind = 'S' then has_sequence_privilege(role, c.oid, 'usage, select, update')
          else has_table_privilege(role, c.oid, 'select, insert, update, delete, truncate, references, trigger') end)
    ) as opened
  `
  expect(names(open)).toEqual([])
})

it('no visitor may write a column beyond those that are theirs', async () => {
  const writable = await sql`
    select c.relname || '.' || a.attname || ' ' || verb as name
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    cross join unnest(array['insert', 'update']) as verb
    where c.relnamespace = 'loacl'::regnamespace and c.relkind = 'r' and has_column_privilege('anon', c.oid, a.attnum, verb)
    union all
    select c.relname || ' delete' from pg_class c
    where c.relnamespace = 'loacl'::regnamespace and c.relkind = 'r' and has_table_privilege('anon', c.oid, 'delete, truncate')
    order by 1
  `
  const mayWrite = ['follow_up_suggestions.used_at update', 'threads.status update', 'threads.title update']
  expect(names(writable).filter((name) => !name.startsWith('message_feedback'))).toEqual(mayWrite)
})

it('errors raised in SQL have the codes and statuses of the wire', () => {
  const raised = readSchemaFiles()
    .flatMap(({ text }) => [...text.matchAll(/raise_error\(\s*(\d+),\s*'(\w+)'/g)])
    .map(([, status, code]) => [code, Number(status)])
  expect(raised.length).toBeGreaterThan(20)
  for (const [code, status] of raised)
    expect([code, status]).toEqual([code, ERROR_STATUS[code as keyof typeof ERROR_STATUS]])
})
