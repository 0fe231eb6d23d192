import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../src/supabase_cli.ts'

it('keeps what an installation prints out of a redirected key ring', () => {
  const root = mkdtempSync(join(tmpdir(), 'loacl-install-'))
  for (const folder of ['scripts', 'bin', 'node_modules']) mkdirSync(join(root, folder))
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) writeFileSync(join(root, file), '')
  copyFileSync(join(ROOT, 'scripts', 'install.mjs'), join(root, 'scripts', 'install.mjs'))
  const npx = join(root, 'bin', 'npx')
  writeFileSync(npx, '#!/bin/sh\necho resolved 700 packages\n')
  chmodSync(npx, 0o755)
  writeFileSync(
    join(root, 'setup.mjs'),
    "import { ensureInstalled } from './scripts/install.mjs'\nensureInstalled()\nconsole.log('the ring')\n",
  )
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, 'setup.mjs')], {
    encoding: 'utf8',
    env: { PATH: [join(root, 'bin'), process.env.PATH].join(delimiter) },
  })
  expect(stdout).toBe('the ring\n')
  expect(stderr).toContain('resolved 700 packages')
  rmSync(root, { recursive: true })
})
