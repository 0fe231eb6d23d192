// `npm run setup`: runs packages/setup/src/cli.ts, which says what it is for, under Node 24.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'

ensureInstalled()
const { node, root } = await import('./tools.mjs')
const cli = join(root, 'packages', 'setup', 'src', 'cli.ts')
// It asks the model's provider, which may be behind the network's proxy.
const { status } = spawnSync(node, ['--use-env-proxy', cli, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? 1
