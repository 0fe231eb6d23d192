// Brings what the workspace's packages name, with pnpm, and what the functions name, with Deno.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const PNPM = 'pnpm@12.21.0'
export const FUNCTIONS = ['loacl-admin', 'loacl-chat']
const stamp = join(root, 'node_modules', '.loacl-installed')

// Deno alone doesn't trust what the system does, such as the certificate authority of the network.
process.env.DENO_TLS_CA_STORE ??= 'mozilla,system'

/** What it prints goes to the standard error, for the standard output is the script's own, and may be kept in a file. */
/** @type {import('node:child_process').SpawnSyncOptions} */
const output = { cwd: root, stdio: ['ignore', 2, 2] }

/** @param {string[]} args */
const npx = (...args) =>
  spawnSync('npx', ['--yes', ...args], {
    ...output,
    // On Windows npx is a .cmd file, which only a shell runs. Nothing in the line needs quoting.
    shell: process.platform === 'win32',
  })

/**
 * Runs pnpm, which an installation has fetched: the registry is not asked again, for it may be away.
 * @param {string[]} args
 */
export const pnpm = (...args) => npx('--prefer-offline', PNPM, ...args)

/**
 * Has Deno's cache hold what the lockfiles of the functions name, so that the registry may be away afterwards. Asks it for
 * nothing that is there. Ends this process where it fails.
 */
export function ensureFunctionPackages() {
  const deno = join(root, 'node_modules', 'deno', 'bin.cjs')
  for (const name of FUNCTIONS) {
    const folder = join(root, 'supabase', 'functions', name)
    const args = ['cache', '--quiet', '--frozen', '--config', join(folder, 'deno.json'), join(folder, 'index.ts')]
    const { status, error } = spawnSync(process.execPath, [deno, ...args], output)
    if (status === 0) continue
    console.error(
      error ? `Deno could not be run: ${error.message}` : `The packages of the function ${name} are missing.`,
    )
    process.exit(1)
  }
}

/** Changes when another install is due. */
const fingerprint = () =>
  [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...FUNCTIONS.map((name) => `supabase/functions/${name}/deno.lock`),
  ]
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
  const [major = 0] = process.versions.node.split('.').map(Number)
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
  ensureFunctionPackages()
  writeFileSync(stamp, wanted)
  console.error(`✓ Installed (${((Date.now() - began) / 1000).toFixed(1)} s)`)
  return true
}
