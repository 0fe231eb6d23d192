// `node scripts/build.mjs widget`: builds one package, with the Node and the tools of this workspace.
import { pnpm } from './install.mjs'

const [name] = process.argv.slice(2)
const { status, error } = pnpm('--filter', `@loacl/${name}`, 'run', 'build')
if (error) console.error(`npx could not be run: ${error.message}`)
process.exitCode = status ?? 1
