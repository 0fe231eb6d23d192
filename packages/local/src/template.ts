import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { readProjectConfig } from './config.ts'
import { startDataApi } from './data_api.ts'
import { generateKeys } from './keys.ts'
import { migrationsHash } from './migrations.ts'
import { Parts } from './parts.ts'
import { findPort } from './ports.ts'
import { clusterUrl, initCluster, PASSWORD, requirePasswords, startCluster } from './postgres.ts'
import { pushMigrations } from './supabase_cli.ts'

const source = (name: string): string => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')

/** Of everything that a fresh, migrated cluster is made from. */
function templateHash(root: string): string {
  const hash = createHash('sha256').update(process.platform).update(process.arch)
  for (const name of [
    './bootstrap.sql',
    './bootstrap_after.sql',
    './template.ts',
    './data_api.ts',
    './postgres.ts',
    '../package.json',
  ])
    hash.update(source(name))
  return hash.update(migrationsHash(root)).digest('hex').slice(0, 16)
}

/** Turns an empty cluster into what a fresh hosted project is. */
async function bootstrap(port: number, root: string): Promise<void> {
  const adminUrl = clusterUrl('supabase_admin', port)
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(source('./bootstrap.sql'))
    const api = await startDataApi({
      adminUrl,
      // Nobody is served here: only Auth's and Storage's tables are made.
      keys: await generateKeys(),
      schemas: readProjectConfig(root).schemas,
      filesDir: tmpdir(),
      siteUrl: 'http://127.0.0.1',
    })
    await api.createSchemas()
    await api.stop()
    await sql.unsafe(source('./bootstrap_after.sql'))
    await sql.unsafe(`alter role supabase_admin password '${PASSWORD}'`)
  } finally {
    await sql.end()
  }
}

/**
 * A stopped cluster with every migration applied, ready to be copied. It is made once for each state of the
 * migrations and kept under `node_modules/.cache`; several processes may ask at the same time.
 */
export async function prepareTemplate(root: string, cacheDir: string): Promise<string> {
  const dir = join(cacheDir, `template-${templateHash(root)}`)
  if (existsSync(dir)) return dir
  const work = join(cacheDir, `making-${randomBytes(6).toString('hex')}`)
  const parts = new Parts()
  parts.removeLater(work)
  try {
    await initCluster(work)
    const port = await findPort('PostgreSQL', undefined)
    const part = await startCluster(parts, work, { port, durable: false })
    await bootstrap(port, root)
    await pushMigrations(clusterUrl('postgres', port), root)
    await part.stop(30_000)
    requirePasswords(work)
    removeOldTemplates(cacheDir)
    // Whoever is second finds it there and uses that one.
    if (!existsSync(dir)) renameSync(work, dir)
  } finally {
    rmSync(work, { recursive: true, force: true })
    parts.removed(work)
    await parts.stop()
  }
  return dir
}

const KEPT_TEMPLATES = 4

/** The newest stay: another run may be copying one. */
function removeOldTemplates(cacheDir: string): void {
  const templates = readdirSync(cacheDir)
    .filter((name) => name.startsWith('template-'))
    .map((name) => ({ path: join(cacheDir, name), time: statSync(join(cacheDir, name)).mtimeMs }))
    .toSorted((a, b) => b.time - a.time)
  for (const { path } of templates.slice(KEPT_TEMPLATES)) rmSync(path, { recursive: true, force: true })
}
