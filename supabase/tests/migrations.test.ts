import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { generateTypes, pushMigrations } from '../../packages/local/src/index.ts'
import { TYPED_SCHEMA, TYPES_FILE } from '../../packages/local/src/types_file.ts'
import { createDatabase as createEmptyDatabase, type EmptyDatabase } from './support/database.ts'

const { dbUrl } = workerStack()
const supabaseDir = fileURLToPath(new URL('..', import.meta.url))
const cleanups: (() => Promise<unknown> | void)[] = []
afterAll(async () => {
  for (const clean of cleanups.toReversed()) await clean()
})

async function createDatabase(): Promise<EmptyDatabase> {
  const database = await createEmptyDatabase(dbUrl)
  cleanups.push(database.drop)
  return database
}

/** Everything in our schemas, as text that two databases can be compared by: a line for each thing, without its ids. */
async function describeSchema(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    with schemas as (select oid, nspname, nspowner, nspacl from pg_namespace where nspname in ('loacl', 'loacl_private')),
    relations as (select c.* from pg_class c join schemas s on s.oid = c.relnamespace),
    functions as (select p.* from pg_proc p join schemas s on s.oid = p.pronamespace)
    select format('schema %s of %s %s', nspname, nspowner::regrole, nspacl) as line from schemas
    union all select format('relation %s %s of %s %s security %s %s options %s',
        relkind, oid::regclass, relowner::regrole, relacl, relrowsecurity, relforcerowsecurity, reloptions)
      from relations
    union all select format('column %s.%s %s collation %s null %s identity %s generated %s default %s place %s %s',
        r.oid::regclass, attname, format_type(atttypid, atttypmod), attcollation, not attnotnull, attidentity, attgenerated,
        pg_get_expr(d.adbin, d.adrelid), attnum, attacl)
      from relations r join pg_attribute a on a.attrelid = r.oid and attnum > 0 and not attisdropped
      left join pg_attrdef d on d.adrelid = r.oid and d.adnum = a.attnum
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid))
      from pg_constraint c join schemas s on s.oid = c.connamespace
    union all select format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid)
      from pg_index i join relations r on r.oid = i.indrelid
    union all select format('view %s', pg_get_viewdef(oid)) from relations where relkind in ('v', 'm')
    union all select format('policy %s', p) from pg_policies p join schemas s on s.nspname = p.schemaname
    union all select format('trigger %s enabled %s', pg_get_triggerdef(t.oid), tgenabled)
      from pg_trigger t join relations r on r.oid = t.tgrelid where not tgisinternal
    union all select format('rule %s', pg_get_ruledef(u.oid)) from pg_rewrite u join relations r on r.oid = u.ev_class
    union all select format('function %s of %s %s', pg_get_functiondef(oid), proowner::regrole, proacl) from functions
    union all select format('type %s %s %s', t.oid::regtype, typtype, typacl) from pg_type t join schemas s on s.oid = t.typnamespace
    union all select format('default grant %s %s %s', nspname, defaclobjtype, defaclacl)
      from pg_default_acl d join schemas s on s.oid = d.defaclnamespace
    union all select format('published %s %s', pubname, schemaname || '.' || tablename)
      from pg_publication_tables p join schemas s on s.nspname = p.schemaname
    union all select format('comment on %s %s', pg_describe_object(classoid, objoid, objsubid), description)
      from pg_description
      where (classoid = 'pg_namespace'::regclass and objoid in (select oid from schemas))
        or (classoid = 'pg_class'::regclass and objoid in (select oid from relations))
        or (classoid = 'pg_proc'::regclass and objoid in (select oid from functions))
        or (classoid = 'pg_constraint'::regclass and objoid in (select c.oid from pg_constraint c join relations r on r.oid = c.conrelid))
        or (classoid = 'pg_trigger'::regclass and objoid in (select t.oid from pg_trigger t join relations r on r.oid = t.tgrelid))
        or (classoid = 'pg_policy'::regclass and objoid in (select p.oid from pg_policy p join relations r on r.oid = p.polrelid))
    union all select format('price %s', to_jsonb(p) - 'id' - 'created_at' - 'updated_at') from loacl.model_prices p
    order by 1
  `
  return rows.map(({ line }) => line)
}

/** A host's own Supabase folder, with our migrations copied in beside its own. */
function createHostFolder(ownMigrations: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'loacl-host-'))
  cleanups.push(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'supabase'))
  cpSync(join(supabaseDir, 'config.toml'), join(root, 'supabase', 'config.toml'))
  cpSync(join(supabaseDir, 'migrations'), join(root, 'supabase', 'migrations'), { recursive: true })
  for (const [name, text] of Object.entries(ownMigrations))
    writeFileSync(join(root, 'supabase', 'migrations', name), text)
  return root
}

const NAMES = [
  'operators',
  'assistants',
  'secrets',
  'provider_configs',
  'sessions',
  'session_tokens',
  'replaced_session_tokens',
  'threads',
  'messages',
  'message_internals',
  'follow_up_suggestions',
  'guided_questions',
  'turns',
  'turn_steps',
  'turn_chunks',
  'model_prices',
  'usage_logs',
  'files',
  'documents',
]

describe('the migrations', () => {
  it('give an empty database the same schema each time, that of the generated types, and change nothing when applied again', async () => {
    const [one, two] = [await createDatabase(), await createDatabase()]
    await pushMigrations(one.url)
    await pushMigrations(two.url)
    const schema = await describeSchema(one.sql)
    // Something of every kind that there is, or it isn't seen.
    for (const kind of [
      'schema',
      'relation',
      'column',
      'constraint',
      'index',
      'policy',
      'trigger',
      'function',
      'type',
      'comment on',
      'price',
    ])
      expect([kind, schema.some((line) => line.startsWith(`${kind} `))]).toEqual([kind, true])
    expect(schema.length).toBeGreaterThan(1000)
    expect(await describeSchema(two.sql)).toEqual(schema)
    await pushMigrations(one.url)
    expect(await describeSchema(one.sql)).toEqual(schema)
    expect(await generateTypes(one.url, TYPED_SCHEMA)).toBe(readFileSync(TYPES_FILE, 'utf8'))
  })

  it('give the same to a project with tables of the same names, a history of its own and traps in public, and leave those alone', async () => {
    const [empty, host] = [await createDatabase(), await createDatabase()]
    await pushMigrations(empty.url)
    const root = createHostFolder({
      '20240101000000_create_own_tables.sql': NAMES.map(
        (name) => `create table public.${name} (id serial primary key, own text);`,
      ).join('\n'),
      // Functions and an operator that a careless search path would find.
      '20240102000000_create_traps.sql': `
        create function public.now() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$;
        create function public.sha256(text) returns bytea language sql as $$ select ''::bytea $$;
        create function public.btrim(character varying) returns text language sql as $$ select 'trapped' $$;
      `,
    })
    await host.sql.unsafe(
      `create function public.begin_turn(request jsonb) returns jsonb language sql as $$ select request $$`,
    )
    await pushMigrations(host.url, root)
    expect(await describeSchema(host.sql)).toEqual(await describeSchema(empty.sql))
    const columns = await host.sql`
      select distinct column_name from information_schema.columns where table_schema = 'public' order by 1
    `
    expect(columns).toEqual([{ column_name: 'id' }, { column_name: 'own' }])
    const history =
      await host.sql`select version from supabase_migrations.schema_migrations where version in ('20240101000000', '20240102000000')`
    expect(history).toHaveLength(2)
    const dependents = await host.sql`
      select from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
    `
    expect(dependents).toHaveLength(0)
  })
})
