import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'

/** What the stack takes from `supabase/config.toml`. */
export interface ProjectConfig {
  /** Schemas that the Data API serves, the default one first. */
  schemas: readonly string[]
  /** What the database is made from, in that order: paths below `supabase`. */
  schemaPaths: readonly string[]
  /** Whether a function wants the gateway to check a user's JWT. Hosted default: yes. */
  verifiesJwt(functionName: string): boolean
}

type Table = Record<string, unknown>
const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)

export function readProjectConfig(root: string): ProjectConfig {
  const file = join(root, 'supabase', 'config.toml')
  const config: Table = existsSync(file) ? parse(readFileSync(file, 'utf8')) : {}
  const api = isTable(config.api) ? config.api : {}
  const functions = isTable(config.functions) ? config.functions : {}
  const db = isTable(config.db) ? config.db : {}
  const migrations = isTable(db.migrations) ? db.migrations : {}
  return {
    schemaPaths: Array.isArray(migrations.schema_paths) ? migrations.schema_paths.map(String) : [],
    schemas: Array.isArray(api.schemas) ? api.schemas.map(String) : ['public'],
    verifiesJwt: (name) => {
      const own = functions[name]
      return !(isTable(own) && own.verify_jwt === false)
    },
  }
}

/** Names of the functions in `dir`: folders with an `index.ts`, apart from `_shared` and its like. */
export function listFunctions(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { withFileTypes: true })
    .filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith('_') && existsSync(join(dir, entry.name, 'index.ts')),
    )
    .map((entry) => entry.name)
    .toSorted()
}
