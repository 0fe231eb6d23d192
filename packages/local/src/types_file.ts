import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrationsHash } from './migrations.ts'
import { generateTypes, ROOT } from './supabase_cli.ts'

/** Generated, and kept in the repository. */
export const TYPES_FILE = join(ROOT, 'packages', 'database', 'src', 'database.types.ts')
export const TYPED_SCHEMA = 'loacl'

/** Writes the types of the database anew, unless the migrations are those of the last time in this data directory. */
export async function refreshTypes(
  dbUrl: string,
  dataDir: string,
  onStep: (name: string) => () => void,
): Promise<void> {
  const stamp = join(dataDir, 'types.sha256')
  const hash = migrationsHash(ROOT)
  if (existsSync(TYPES_FILE) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  const done = onStep('TypeScript types of the database')
  const types = await generateTypes(dbUrl, TYPED_SCHEMA)
  // Not written where nothing changed: programs that watch the file would take it for changed.
  if (!existsSync(TYPES_FILE) || readFileSync(TYPES_FILE, 'utf8') !== types) writeFileSync(TYPES_FILE, types)
  writeFileSync(stamp, hash)
  done()
}
