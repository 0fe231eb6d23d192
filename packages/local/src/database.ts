import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Parts } from './parts.ts'
import { clusterHome, clusterUrl, copyCluster, hasCluster, startCluster } from './postgres.ts'
import { pushMigrations, ROOT } from './supabase_cli.ts'
import { migrationsHash, prepareTemplate } from './template.ts'

export interface DatabaseOptions {
  root: string
  dir: string
  port: number
  durable: boolean
  onStep(name: string): () => void
  /** Called right before PostgreSQL opens its port. */
  onPortNeeded(): Promise<void>
}

export interface Database {
  start(): Promise<void>
  stop(): Promise<void>
}

/** PostgreSQL with every migration applied: a copy of the template where `dir` is empty. */
export async function startDatabase(
  parts: Parts,
  { root, dir, port, durable, onStep, onPortNeeded }: DatabaseOptions,
): Promise<Database> {
  const isNew = !hasCluster(dir)
  if (isNew) {
    const made = onStep('Fresh database with every migration')
    const template = await prepareTemplate(root, await clusterHome(join(ROOT, 'node_modules', '.cache', 'loacl')))
    await copyCluster(template, dir)
    made()
  }
  const started = onStep('PostgreSQL')
  await onPortNeeded()
  let part = await startCluster(parts, dir, { port, durable })
  started()

  const hash = migrationsHash(root)
  const stamp = join(dirname(dir), 'migrations.sha256')
  if (!isNew && (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash)) {
    const migrated = onStep('Migrations')
    await pushMigrations(clusterUrl('postgres', port), root)
    migrated()
  }
  writeFileSync(stamp, hash)

  return {
    start: async () => {
      if (!part.running) part = await startCluster(parts, dir, { port, durable })
    },
    stop: () => part.stop(30_000),
  }
}
