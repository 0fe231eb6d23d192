import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'tsdown'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const runtime = path('support/runtime.mjs')
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'loacl-core-'))
  const config = path('../tsdown.config.ts')
  await build({ config, cwd: path('..'), outDir: join(dir, 'dist'), logLevel: 'error' })
  await build({ config, cwd: path('..'), outDir: join(dir, 'min'), minify: true, dts: false, logLevel: 'error' })
}, 60_000)
afterAll(() => rm(dir, { recursive: true }))

const expected = { touched: [], others: ['LoaclError'], events: ['text', 'end'] }

it('runs in plain Node, and makes no global', async () => {
  const { stdout, stderr } = await run(process.execPath, [runtime, join(dir, 'dist/index.js')])
  expect(JSON.parse(stdout)).toEqual(expected)
  expect(stderr).toBe('')
})

it('runs in Deno, without a permission beyond reading itself', async () => {
  const deno = path('../../../node_modules/deno/bin.cjs')
  const module = `file://${join(dir, 'dist/index.js')}`
  const args = [deno, 'run', '--no-prompt', '--no-config', '--no-lock', `--allow-read=${dir}`, runtime, module]
  const { stdout } = await run(process.execPath, args)
  expect(JSON.parse(stdout)).toEqual(expected)
})

it('carries the private package inside: nothing is imported', async () => {
  for (const file of ['index.js', 'index.d.ts'])
    expect(await readFile(join(dir, 'dist', file), 'utf8')).not.toMatch(/^\s*(import|export)\b.*\bfrom\b|import\(/m)
})

it('stays small: brotli bytes, minified', async () => {
  const code = await readFile(join(dir, 'min/index.js'))
  expect(brotliCompressSync(code).byteLength).toBeLessThan(7_000)
})
