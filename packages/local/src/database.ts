import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findChangedMigrations, type MigrationDigests, readMigrations } from './migrations.ts'
import { PartError, type Parts } from './parts.ts'
import { clusterHome, clusterUrl, copyCluster, hasCluster, startCluster } from './postgres.ts'
import { replaceFile } from './replace_file.ts'
import { pushMigrations, ROOT } from './supabase_cli.ts'
import { prepareTemplate } from './template.ts'

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

/**
 * PostgreSQL with every migration applied: a copy of the template where `dir` is empty.
 * @throws PartError where a migration that this database has is no longer what it was; nothing is changed then
 */
export async function startDatabase(
  parts: Parts,
  { root, dir, port, durable, onStep, onPortNeeded }: DatabaseOptions,
): Promise<Database> {
  const isNew = !hasCluster(dir)
  const present = readMigrations(root)
  const stamp = join(dirname(dir), 'migrations.json')
  const applied = isNew ? null : readStamp(stamp)
  if (applied) requireUnchanged(applied, present)
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

  if (applied && Object.keys(present).some((name) => !(name in applied))) {
    const migrated = onStep('Migrations')
    await pushMigrations(clusterUrl('postgres', port), root)
    migrated()
  }
  replaceFile(stamp, JSON.stringify(present, null, 2))

  return {
    start: async () => {
      if (!part.running) part = await startCluster(parts, dir, { port, durable })
    },
    stop: () => part.stop(30_000),
  }
}

/** What was applied to a database; of one that an older LOACL has made, this is not known. */
function readStamp(stamp: string): MigrationDigests {
  if (!existsSync(stamp))
    throw new PartError('Migrations', `This database was made by an older LOACL, from other migrations. ${REMEDY}`)
  try {
    return JSON.parse(readFileSync(stamp, 'utf8')) as MigrationDigests
  } catch (cause) {
    const words = `The file ${stamp} is no JSON, and says which migrations this database has. Put a copy of it back. ${REMEDY}`
    throw new PartError('Migrations', words, [], { cause })
  }
}

function requireUnchanged(applied: MigrationDigests, present: MigrationDigests): void {
  const changed = findChangedMigrations(applied, present)
  if (changed.length === 0) return
  const [first, ...others] = changed
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  throw new PartError(
    'Migrations',
    `${first} since it was applied to this database${more}. A change to the database is a new migration. ${REMEDY}`,
  )
}

const REMEDY = 'Nothing was changed. To begin with an empty database: npm start -- --reset'
