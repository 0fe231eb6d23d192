import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { readProjectConfig } from '../../../packages/local/src/config.ts'
import { ROOT } from '../../../packages/local/src/supabase_cli.ts'

/** What `supabase/config.toml` says the database is made from, in that order. Paths are below `supabase`. */
export const readSchemaFiles = (): { path: string; text: string }[] =>
  readProjectConfig(ROOT).schemaPaths.map((path) => ({
    path: normalize(path),
    text: readFileSync(join(ROOT, 'supabase', path), 'utf8'),
  }))
