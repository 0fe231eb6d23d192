import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { generateTypes, pushMigrations } from '../../packages/local/src/index.ts'
import { TYPED_SCHEMA, TYPES_FILE } from '../../packages/local/src/types_file.ts'
import { createDatabase as createEmptyDatabase, type EmptyDatabase } from './support/database.ts'

const { dbUrl } = inject('stack')
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

/** Everything in our schemas, as text that two databases can be compared by. */
async function describeSchema(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select format('column %s.%s %s %s %s', table_schema || '.' || table_name, column_name, data_type, is_nullable, column_default) as line
      from information_schema.columns where table_schema in ('loacl', 'loacl_private')
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      from pg_constraint where connamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
    union all select format('index %s', indexdef) from pg_indexes where schemaname in ('loacl', 'loacl_private')
    union all select format('policy %s', p) from pg_policies p where schemaname in ('loacl', 'loacl_private')
    union all select format('function %s %s', pg_get_functiondef(oid), proacl)
      from pg_proc where pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
    union all select format('relation %s %s %s', oid::regclass, relacl, relrowsecurity)
      from pg_class where relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
    union all select format('comment %s %s %s', classoid::regclass, objsubid, description)
      from pg_description
      where (classoid = 'pg_class'::regclass and objoid in (select oid from pg_class where relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)))
        or (classoid = 'pg_proc'::regclass and objoid in (select oid from pg_proc where pronamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)))
        or (classoid = 'pg_namespace'::regclass and objoid in ('loacl'::regnamespace, 'loacl_private'::regnamespace))
    union all select format('schema %s %s', nspname, nspacl) from pg_namespace where nspname in ('loacl', 'loacl_private')
    union all select format('column grant %s.%s %s', attrelid::regclass, attname, attacl)
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and attacl is not null
    union all select format('default grant %s %s %s', defaclnamespace::regnamespace, defaclobjtype, defaclacl)
      from pg_default_acl where defaclnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
    union all select format('trigger %s', pg_get_triggerdef(t.oid)) from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
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
  'threads',
  'messages',
  'message_internals',
  'follow_up_suggestions',
  'guided_questions',
  'turns',
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
    expect(schema.length).toBeGreaterThan(200)
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
