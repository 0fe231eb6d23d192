import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { inheritedEnvironment } from '../src/index.ts'
import { ROOT } from '../src/supabase_cli.ts'

it('keeps what an installation prints out of a redirected key ring', () => {
  const root = mkdtempSync(join(tmpdir(), 'loacl-install-'))
  const functions = ['loacl-admin', 'loacl-chat'].map((name) => join('supabase', 'functions', name))
  for (const folder of ['scripts', 'bin', 'node_modules/deno', ...functions])
    mkdirSync(join(root, folder), { recursive: true })
  const locks = functions.map((folder) => join(folder, 'deno.lock'))
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...locks])
    writeFileSync(join(root, file), '')
  copyFileSync(join(ROOT, 'scripts', 'install.mjs'), join(root, 'scripts', 'install.mjs'))
  const npx = join(root, 'bin', 'npx')
  writeFileSync(npx, '#!/bin/sh\necho resolved 700 packages\n')
  chmodSync(npx, 0o755)
  const deno = "console.log('packages of', process.argv.at(-1), process.env.DENO_TLS_CA_STORE)\n"
  writeFileSync(join(root, 'node_modules', 'deno', 'bin.cjs'), deno)
  writeFileSync(
    join(root, 'setup.mjs'),
    "import { ensureInstalled } from './scripts/install.mjs'\nensureInstalled()\nconsole.log('the ring')\n",
  )
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'setup.mjs')], {
    encoding: 'utf8',
    env: {
      ...inheritedEnvironment(),
      DENO_TLS_CA_STORE: undefined,
      PATH: [join(root, 'bin'), process.env.PATH].join(delimiter),
    },
  })
  expect(stdout).toBe('the ring\n')
  expect(stderr).toContain('resolved 700 packages')
  for (const folder of functions)
    expect(stderr).toContain(`packages of ${join(root, folder, 'index.ts')} mozilla,system`)
  rmSync(root, { recursive: true })
})
