// Brings what the workspace's packages name, with pnpm.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const PNPM = 'pnpm@12.21.0'
const stamp = join(root, 'node_modules', '.loacl-installed')

/** What it prints goes to the standard error, for the standard output is the script's own, and may be kept in a file. */
const npx = (...args) =>
  spawnSync('npx', ['--yes', ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    // On Windows npx is a .cmd file, which only a shell runs. Nothing in the line needs quoting.
    shell: process.platform === 'win32',
  })

/** Runs pnpm, which an installation has fetched: the registry is not asked again, for it may be away. */
export const pnpm = (...args) => npx('--prefer-offline', PNPM, ...args)

/** Changes when another install is due. */
const fingerprint = () =>
  ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']
    .reduce(
      (hash, file) => hash.update(readFileSync(join(root, file))),
      createHash('sha256').update(process.platform + process.arch),
    )
    .digest('hex')

/**
 * Installs by the lockfile, unless that was done since it last changed. Ends this process where it fails.
 * @returns whether anything was installed
 */
export function ensureInstalled() {
  const [major] = process.versions.node.split('.').map(Number)
  if (major < 20) {
    console.error(`LOACL needs Node 20 or newer. This is ${process.versions.node}.`)
    process.exit(1)
  }
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false
  const began = Date.now()
  console.error('… Installing (the first time, this fetches Node 24, Deno, PostgreSQL and the Supabase CLI from npm)')
  // pnpm need not be installed: npx fetches it.
  const { status, error } = npx(PNPM, 'install', '--frozen-lockfile')
  if (status !== 0) {
    console.error(error ? `npx could not be run: ${error.message}` : 'The installation failed: see above.')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
  console.error(`✓ Installed (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  return true
}
