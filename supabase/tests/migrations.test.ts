import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { readMigrations } from '../../packages/local/src/migrations.ts'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { generateTypes, pushMigrations } from '../../packages/local/src/index.ts'
import { TYPED_SCHEMA, TYPES_FILE } from '../../packages/local/src/types_file.ts'
import { createDatabase as createEmptyDatabase, type EmptyDatabase } from './support/database.ts'
import { describeSchema } from './support/describe_schema.ts'
import { readSchemaFiles } from './support/schema_files.ts'

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

/** A Supabase folder with these migrations. */
function createProjectFolder(migrations: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'loacl-project-'))
  cleanups.push(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'supabase', 'migrations'), { recursive: true })
  cpSync(join(supabaseDir, 'config.toml'), join(root, 'supabase', 'config.toml'))
  for (const [name, text] of Object.entries(migrations)) writeFileSync(join(root, 'supabase', 'migrations', name), text)
  return root
}

/** A host's own, with our migrations copied in beside its own. */
function createHostFolder(ownMigrations: Record<string, string>): string {
  const root = createProjectFolder(ownMigrations)
  cpSync(join(supabaseDir, 'migrations'), join(root, 'supabase', 'migrations'), { recursive: true })
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

  it('give what the schema files give', async () => {
    const [migrated, declared] = [await createDatabase(), await createDatabase()]
    const files = readSchemaFiles()
    expect(files.map(({ path }) => path).toSorted()).toEqual(
      globSync('schemas/**/*.sql', { cwd: supabaseDir }).toSorted(),
    )
    await pushMigrations(migrated.url)
    const text = files.map((file) => file.text).join('\n')
    await pushMigrations(declared.url, createProjectFolder({ '20000101000000_create_all.sql': text }))
    expect(await describeSchema(migrated.sql)).toEqual(await describeSchema(declared.sql))
  })

  it('are as they landed: a change is a new migration, with a line of its own among the digests', () => {
    const landed = readFileSync(join(supabaseDir, 'migrations.sha256'), 'utf8')
    const present = Object.entries(readMigrations(join(supabaseDir, '..')))
    expect(present.map(([name, digest]) => `${digest}  ${name}\n`).join('')).toBe(landed)
    for (const [name] of present) expect(name).toMatch(/^\d{14}_[a-z_]+\.sql$/)
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

  it('refuse a project with a public bucket of the name of ours, and make one that is private', async () => {
    const host = await createDatabase()
    await host.sql.unsafe(`
      create schema storage;
      create table storage.buckets (id text primary key, name text, public boolean, file_size_limit bigint);
      insert into storage.buckets (id, name, public) values ('loacl', 'loacl', true), ('own', 'own', true);
    `)
    await expect(pushMigrations(host.url)).rejects.toThrow(/public bucket "loacl"/)
    const buckets = () => host.sql`select id, public from storage.buckets order by id`
    expect(await buckets()).toEqual([
      { id: 'loacl', public: true },
      { id: 'own', public: true },
    ])
    await host.sql`delete from storage.buckets where id = 'loacl'`
    await pushMigrations(host.url)
    expect(await buckets()).toEqual([
      { id: 'loacl', public: false },
      { id: 'own', public: true },
    ])
  })
})
