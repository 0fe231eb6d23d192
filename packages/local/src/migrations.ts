import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A SHA-256, in hexadecimal, for each migration by its file name. */
export type MigrationDigests = Readonly<Record<string, string>>

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

/** Of what is in `supabase/migrations` under `root`. */
export function readMigrations(root: string): MigrationDigests {
  const dir = join(root, 'supabase', 'migrations')
  const names = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.sql')) : []
  return Object.fromEntries(names.toSorted().map((name) => [name, sha256(readFileSync(join(dir, name)))]))
}

/** Changes with each change to the migrations in `supabase/migrations` under `root`. */
export const migrationsHash = (root: string): string => sha256(JSON.stringify(readMigrations(root)))

/** Names the migrations that were applied and are not as they were: the database has what their files no longer say. */
export function findChangedMigrations(applied: MigrationDigests, present: MigrationDigests): string[] {
  return Object.keys(applied)
    .filter((name) => applied[name] !== present[name])
    .map((name) => `supabase/migrations/${name} ${name in present ? 'was edited' : 'is gone'}`)
}
