// `node scripts/pack.mjs widget <folder>`: builds a package and makes the tarball that would be published. With
// `--no-build`, of what is built already.
import { resolve } from 'node:path'
import { ensureInstalled, pnpm } from './install.mjs'

const [name, folder, option] = process.argv.slice(2)
if (!name || !folder) {
  console.error('node scripts/pack.mjs core|widget <folder>')
  process.exit(2)
}
ensureInstalled()
const filter = ['--filter', `@loacl/${name}`]
const steps = [['pack', '--pack-destination', resolve(folder)]]
if (option !== '--no-build') steps.unshift(['run', 'build'])
for (const step of steps) {
  const { status } = pnpm(...filter, ...step)
  if (status !== 0) process.exit(status ?? 1)
}
