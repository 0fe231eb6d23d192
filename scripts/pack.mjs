// `node scripts/pack.mjs widget <folder>`: makes the tarball that would be published.
import { pnpm } from './install.mjs'

const [name, folder] = process.argv.slice(2)
const { status } = pnpm('--filter', `@loacl/${name}`, 'pack', '--pack-destination', folder)
process.exitCode = status ?? 1
