import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PartError } from './parts.ts'

/** The folder of the repository, which holds `supabase/`. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A program that a package of the workspace's root installs, by its package's `bin`. */
function findBin(packageName: string, bin = packageName): string {
  const manifestPath = createRequire(join(ROOT, 'package.json')).resolve(`${packageName}/package.json`)
  const manifest = createRequire(manifestPath)(manifestPath) as { bin: string | Record<string, string> }
  const path = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin]
  if (path === undefined) throw new Error(`${packageName} has no program "${bin}".`)
  return join(dirname(manifestPath), path)
}

function supabase(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [findBin('supabase'), ...args],
      {
        cwd,
        maxBuffer: 64 * 1024 * 1024,
        windowsHide: true,
        // The local PostgreSQL speaks no TLS; unless told so, the CLI writes a remark on that into its output.
        env: { PGSSLMODE: 'disable', ...process.env, SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout)
        const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
        reject(
          new PartError('Supabase CLI', `"supabase ${args[0]} ${args[1]}" failed.`, lines.slice(-30), { cause: error }),
        )
      },
    )
  })
}

/** Applies what `supabase/migrations` under `root` has and the database lacks. */
export async function pushMigrations(dbUrl: string, root: string = ROOT): Promise<void> {
  await supabase(['db', 'push', `--remote=${dbUrl}`, '--include-all', '--yes', '--agent', 'no'], root)
}

/** TypeScript types of the exposed schema. */
export function generateTypes(dbUrl: string, schema: string, root: string = ROOT): Promise<string> {
  return supabase(['gen', 'types', '--lang=typescript', `--remote=${dbUrl}`, '--schema', schema, '--agent', 'no'], root)
}

/** One finding of the database advisors. */
interface Advice {
  name: string
  detail: string
  metadata?: { schema?: string; name?: string }
}

/** What the advisors of Supabase say of a database: security and speed, down to mere remarks. */
export async function advise(dbUrl: string, root: string = ROOT): Promise<readonly Advice[]> {
  const args = ['--type=all', '--level=info', '--fail-on=none', '--output-format=json', '--agent', 'no']
  const report = JSON.parse(await supabase(['db', 'advisors', `--remote=${dbUrl}`, ...args], root)) as {
    results: Advice[]
  }
  return report.results
}
