import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import postgres from 'postgres'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'

/**
 * `supabase test db` runs these files against a project, where pgTAP is an extension. Here its functions are made in the
 * same transaction as the tests, and all of it is undone.
 */
const sql = postgres(workerStack().dbUrl, { max: 1, onnotice: () => {} })
afterAll(() => sql.end())

/** The same pgTAP, as another Postgres for Node has it: a file of functions in SQL. */
function readPgtap(): string {
  const archive = new URL('pgtap.tar.gz', import.meta.resolve('@electric-sql/pglite'))
  const tar = gunzipSync(readFileSync(archive))
  for (let at = 0; at < tar.length;) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '')
    const size = Number.parseInt(tar.toString('utf8', at + 124, at + 136), 8) || 0
    if (name.endsWith('/pgtap.sql')) return tar.toString('utf8', at + 512, at + 512 + size)
    at += 512 + Math.ceil(size / 512) * 512
  }
  throw new Error('The archive holds no pgtap.sql.')
}

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test.sql'))

it.each(files)('%s', async (file) => {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8')
  const undo = new Error('undone')
  let lines: string[] = []
  await sql
    .begin(async (tx) => {
      await tx.unsafe(`set local search_path = extensions, pg_catalog; ${readPgtap()}`)
      await tx.unsafe('set local search_path = "$user", public, extensions')
      const results = await tx.unsafe(text.replace(/^begin;$/m, '').replace(/^rollback;$/m, '')).simple()
      // What `psql --tuples-only` prints, as pg_prove reads it.
      lines = (results as unknown as postgres.Row[][]).flat().flatMap((row) => Object.values(row).join('|').split('\n'))
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  const planned = lines.find((line) => /^1\.\.\d+$/.test(line))
  expect(lines.filter((line) => /^(not ok|#|.*# (todo|skip))/i.test(line))).toEqual([])
  expect(`1..${lines.filter((line) => /^ok \d+/.test(line)).length}`).toBe(planned)
})
