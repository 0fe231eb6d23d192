// `npm run test:faults`: random faults over a visitor's whole story. Arguments go to the run: faults/README.md.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'

ensureInstalled()
const { node, root } = await import('./tools.mjs')

const { status } = spawnSync(node, [join('faults', 'run.ts'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
