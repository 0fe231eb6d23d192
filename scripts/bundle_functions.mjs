// `node scripts/bundle_functions.mjs [<folder>]`: writes each function as one folder that stands alone, for a project with
// functions of its own. Left out: `dist/functions`.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureInstalled, FUNCTIONS } from './install.mjs'

ensureInstalled()
const { root } = await import('./tools.mjs')
const { build } = await import('tsdown')

const target = resolve(process.argv[2] ?? join(root, 'dist', 'functions'))

/**
 * What is LOACL's own goes into the file. Packages from npm stay imports, in the versions that the function's own
 * `deno.json` and lockfile name.
 * @param {string} name
 */
async function bundle(name) {
  const source = join(root, 'supabase', 'functions', name)
  const outDir = join(target, name)
  /** @type {{ imports: Record<string, string> }} */
  const config = JSON.parse(readFileSync(join(source, 'deno.json'), 'utf8'))
  const imports = Object.entries(config.imports)
  const packages = imports.filter(([, place]) => place.startsWith('npm:'))
  const own = imports.filter(([, place]) => place.startsWith('.')).map(([key, place]) => [key, join(source, place)])
  const [chunks] = await build({
    config: false,
    cwd: root,
    entry: join(source, 'index.ts'),
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: false,
    alias: Object.fromEntries(own),
    deps: { neverBundle: packages.map(([key]) => key) },
    failOnWarn: true,
    logLevel: 'warn',
  })
  const [chunk, ...others] = chunks?.chunks ?? []
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error(`${name} is not one file.`)
  mkdirSync(outDir, { recursive: true })
  // Supabase requires the name `index.ts`. The file contains JavaScript.
  writeFileSync(
    join(outDir, 'index.ts'),
    `// @ts-nocheck Made by scripts/bundle_functions.mjs of LOACL.\n${chunk.code}`,
  )
  writeFileSync(
    join(outDir, 'deno.json'),
    `${JSON.stringify({ ...config, imports: Object.fromEntries(packages) }, null, 2)}\n`,
  )
  copyFileSync(join(source, 'deno.lock'), join(outDir, 'deno.lock'))
  console.log(`✓ ${outDir}`)
}

for (const name of FUNCTIONS) await bundle(name)
