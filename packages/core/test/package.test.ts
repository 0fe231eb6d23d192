import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'tsdown'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const runtime = fileURLToPath(new URL('./support/runtime.mjs', import.meta.url))
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'loacl-core-'))
  const config = path('../tsdown.config.ts')
  await build({ config, cwd: path('..'), outDir: join(dir, 'dist'), logLevel: 'error' })
  const one = {
    config,
    cwd: path('..'),
    dts: false,
    logLevel: 'error',
    outputOptions: { codeSplitting: false },
  } as const
  await build({ ...one, outDir: join(dir, 'one') })
}, 60_000)
afterAll(() => rm(dir, { recursive: true }))

const expected = {
  touched: [],
  others: ['LoaclError', 'isForOwner', 'isThreadOver', 'remedyOf'],
  events: ['text', 'end'],
  listed: { items: [] },
}

it('runs in plain Node, and makes no global', async () => {
  const module = pathToFileURL(join(dir, 'dist/index.js')).href
  const { stdout, stderr } = await run(process.execPath, [runtime, module])
  expect(JSON.parse(stdout)).toEqual(expected)
  expect(stderr).toBe('')
})

it('runs in Deno, without a permission beyond reading itself', async () => {
  const deno = path('../../../node_modules/deno/bin.cjs')
  const module = pathToFileURL(join(dir, 'dist/index.js')).href
  const args = [deno, 'run', '--no-prompt', '--no-config', '--no-lock', `--allow-read=${dir}`, runtime, module]
  const { stdout } = await run(process.execPath, args)
  expect(JSON.parse(stdout)).toEqual(expected)
})

it('carries the private package inside: nothing is imported but files of its own', async () => {
  const files = await readdir(join(dir, 'dist'))
  for (const file of files) {
    const code = await readFile(join(dir, 'dist', file), 'utf8')
    const imported = [...code.matchAll(/(?:^\s*(?:import|export)\b[^'"]*\bfrom\s*|\bimport\()["']([^"']+)/gm)]
    // What one framework uses, or tests, stands alone, and names the package that it is for.
    const apart = /^(ai|testing)\./
    const peers = ['ai', 'msw'].filter((peer) => file.startsWith(peer === 'ai' ? 'ai.' : 'testing.'))
    const own = apart.test(file) ? peers : files.filter((name) => !apart.test(name))
    for (const [, name] of imported) expect(own).toContain(name!.replace('./', ''))
  }
  expect(await readFile(join(dir, 'dist/index.d.ts'), 'utf8')).not.toMatch(/\bfrom\b *['"]/)
})

it('runs as one file, what it loads on demand among it, where a bundler makes one of it', async () => {
  const { stdout } = await run(process.execPath, [runtime, pathToFileURL(join(dir, 'one/index.js')).href])
  expect(JSON.parse(stdout)).toEqual(expected)
  expect(await readdir(join(dir, 'one'))).toEqual(['ai.js', 'index.js', 'testing.js'])
})

it('has a README whose examples compile against what is published', async () => {
  const examples = [...(await readFile(path('../README.md'), 'utf8')).matchAll(/```ts\n(.*?)```/gs)]
  expect(examples.length).toBeGreaterThan(5)
  const folder = join(dir, 'examples')
  await mkdir(folder)
  await Promise.all(examples.map(([, code], at) => writeFile(join(folder, `${at}.ts`), code!)))
  await symlink(path('../../../node_modules'), join(dir, 'node_modules'), 'junction')
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const react = `declare module 'react' {
    export function useSyncExternalStore<S>(subscribe: (told: () => void) => () => void, ...get: (() => S)[]): S
  }`
  await writeFile(join(folder, 'react.d.ts'), react)
  const config = {
    extends: path('../tsconfig.json'),
    compilerOptions: {
      noUnusedLocals: false,
      // The source as well: it knows no Node.
      types: [],
      paths: {
        '@loacl/core': [join(dir, 'dist/index.d.ts')],
        '@loacl/core/ai': [join(dir, 'dist/ai.d.ts')],
        '@loacl/core/testing': [join(dir, 'dist/testing.d.ts')],
      },
    },
    include: ['.', path('../src')],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = path('../../../node_modules/typescript/bin/tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
}, 30_000)
