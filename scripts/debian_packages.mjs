// Finds programs on this machine, and installs the packages of Debian that have them.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @type {(command: string, args: string[]) => boolean} */
export const run = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0

/** @param {string} name */
export function onPath(name) {
  const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  return found.find((file) => existsSync(file))
}

/** Whether packages can be installed here, and by this user. */
export const hasApt = () => process.getuid?.() === 0 && onPath('apt-get') !== undefined

/** @param {string[]} packages */
export function installPackages(...packages) {
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

/**
 * Has each of these programs on the path. Where one is missing and can't be installed, ends this process and says what to do.
 * @param {Record<string, string>} programs each with the package that has it
 */
export function ensurePrograms(programs) {
  const missing = () => Object.keys(programs).filter((name) => !onPath(name))
  const packages = () => missing().map((name) => programs[name] ?? name)
  if (missing().length > 0 && hasApt()) {
    console.error(`Installing what the browser tests need: ${packages().join(', ')}.`)
    installPackages(...packages())
  }
  if (missing().length === 0) return
  console.error(
    `The browser tests need ${missing().join(', ')}. On Debian:\n  sudo apt-get install ${packages().join(' ')}`,
  )
  process.exit(1)
}
