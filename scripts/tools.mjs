// Where the tools that npm brought are, as commands that need no shell: the same on every operating system.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** @type {(name: string) => string} */
const folderOf = (name) => join(root, 'node_modules', name)

/** Node 24, from the package `node`. */
export const node = join(folderOf('node'), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/**
 * The command, as an array, that runs a package's program under that Node.
 * @param {string} name
 * @returns {[string, string]}
 */
export function tool(name, program = name.split('/').at(-1) ?? name) {
  const { bin } = JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8'))
  const file = typeof bin === 'string' ? bin : bin[program]
  if (!file) throw new Error(`The package ${name} has no program ${program}.`)
  return [node, join(folderOf(name), file)]
}
