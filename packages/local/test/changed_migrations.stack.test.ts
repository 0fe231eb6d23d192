import { appendFileSync, cpSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readMigrations } from '../src/migrations.ts'
import { ROOT } from '../src/supabase_cli.ts'
import { makeDataDir, query, start } from './own_stack.ts'

/** A copy of the project's migrations that a test may change, and where a stack that uses it finds the rest. */
function makeProject() {
  const root = mkdtempSync(join(tmpdir(), 'loacl-project-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const path of ['config.toml', 'migrations'])
    cpSync(join(ROOT, 'supabase', path), join(root, 'supabase', path), { recursive: true })
  return {
    migration: (name: string) => join(root, 'supabase', 'migrations', name),
    options: {
      root,
      dataDir: makeDataDir(),
      functionsDir: join(ROOT, 'supabase', 'functions'),
      widgetDir: join(ROOT, 'packages', 'widget', 'dist'),
      siteDir: join(ROOT, 'examples', 'script-tag'),
    },
  }
}

const [FIRST = ''] = Object.keys(readMigrations(ROOT))

describe('a migration that the database has', { timeout: 60_000 }, () => {
  it('is named when it was edited or removed, and nothing is changed; a new one is applied', async () => {
    const { migration, options } = makeProject()
    await (await start(options)).stop()

    writeFileSync(migration('20991231000000_create_notes.sql'), 'create table public.notes ();')
    const stack = await start(options)
    expect(await query(stack.dbUrl, 'select from public.notes')).toEqual([])
    await stack.stop()

    writeFileSync(migration('20991231000001_create_more.sql'), 'create table public.more ();')
    appendFileSync(migration(FIRST), 'create table public.edited ();')
    await expect(start(options)).rejects.toThrow(
      `supabase/migrations/${FIRST} was edited since it was applied to this database. A change to the database is a new migration. Nothing was changed. To begin with an empty database: npm start -- --reset`,
    )
    renameSync(migration(FIRST), migration('20000101000000_renamed.sql'))
    await expect(start(options)).rejects.toThrow(`${FIRST} is gone`)

    cpSync(join(ROOT, 'supabase', 'migrations', FIRST), migration(FIRST))
    rmSync(migration('20000101000000_renamed.sql'))
    const again = await start(options)
    expect(await query(again.dbUrl, "select to_regclass('public.more') is null as missing")).toEqual([
      { missing: false },
    ])
  })

  it('can’t be told from others where an older LOACL made the database', async () => {
    const { options } = makeProject()
    await (await start(options)).stop()
    const stamp = join(options.dataDir, 'migrations.json')
    truncateSync(stamp, 20)
    await expect(start(options)).rejects.toThrow(`The file ${stamp} is no JSON`)
    rmSync(stamp)
    await expect(start(options)).rejects.toThrow('This database was made by an older LOACL, from other migrations.')
    await start({ ...options, reset: true })
  })
})
