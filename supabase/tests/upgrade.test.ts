import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { expect, it, onTestFinished } from 'vitest'
import { readMigrations } from '../../packages/local/src/migrations.ts'
import { ROOT } from '../../packages/local/src/supabase_cli.ts'
import { makeDataDir, start } from '../../packages/local/test/own_stack.ts'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { describeSchema } from './support/describe_schema.ts'
import { createWorld } from './support/world.ts'

const migration = (root: string, name = ''): string => join(root, 'supabase', 'migrations', name)

/** The schema of the database at this address. */
async function schemaAt(dbUrl: string): Promise<string[]> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} })
  try {
    return await describeSchema(sql)
  } finally {
    await sql.end()
  }
}

it(
  'a database of the first migration keeps all that people have in it through the later ones',
  { timeout: 60_000 },
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'loacl-upgrade-'))
    onTestFinished(() => rmSync(root, { recursive: true }))
    const [baseline = ''] = Object.keys(readMigrations(ROOT))
    mkdirSync(migration(root), { recursive: true })
    cpSync(join(ROOT, 'supabase', 'config.toml'), join(root, 'supabase', 'config.toml'))
    cpSync(migration(ROOT, baseline), migration(root, baseline))
    const options = {
      root,
      dataDir: makeDataDir(),
      functionsDir: join(ROOT, 'supabase', 'functions'),
      widgetDir: join(ROOT, 'packages', 'widget', 'dist'),
      siteDir: join(ROOT, 'examples', 'script-tag'),
    }

    // The first migration knows no `http://localhost:*`.
    const before = await start({ ...options, demoOrigins: [] })
    const worldBefore = createWorld(before)
    const assistant = await worldBefore.createAssistant()
    const token = createToken()
    const { threadId } = await worldBefore.converse(assistant.id, token, { text: 'Before', answer: 'Then' })
    const rows = await worldBefore.readRows(assistant.id)
    await worldBefore.sql`
      insert into loacl.guided_questions (assistant_id, question, priority, category) values
        (${assistant.id}, 'When?', 1, 'later'), (${assistant.id}, 'When? ', 2, 'first'), (${assistant.id}, 'Where?', 3, 'other')
    `
    await worldBefore.close()
    await before.stop()

    cpSync(migration(ROOT), migration(root), { recursive: true })
    const after = await start(options)
    const world = createWorld(after)
    expect(await world.readRows(assistant.id)).toMatchObject(rows)
    expect(
      await world.sql`
        select category, is_active from loacl.guided_questions where assistant_id = ${assistant.id} order by priority desc
      `,
    ).toEqual([
      { category: 'other', is_active: true },
      { category: 'first', is_active: true },
      { category: 'later', is_active: false },
    ])
    expect(await schemaAt(after.dbUrl)).toEqual(await schemaAt(workerStack().dbUrl))
    await world.converse(assistant.id, token, { text: 'After', answer: 'Now', threadId })
    const { body } = await world.api.rpc('list_messages', { thread_id: threadId }, { token })
    expect(body.items.map(({ content }: { content: string }) => content).toSorted()).toEqual([
      'After',
      'Before',
      'Now',
      'Then',
    ])
    await world.close()
  },
)
