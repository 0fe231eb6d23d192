// Finds a Chromium for the browser tests, and installs one where there is none.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** @type {(command: string, args: string[]) => boolean} */
const run = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0

/** @param {string} name */
function onPath(name) {
  const found = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  return found.find((file) => existsSync(file))
}

async function playwrightsOwn() {
  const { chromium } = await import('@playwright/test')
  const file = chromium.executablePath()
  return file && existsSync(file) ? file : undefined
}

async function find() {
  if (process.env.LOACL_CHROMIUM) return process.env.LOACL_CHROMIUM
  for (const name of NAMES) if (onPath(name)) return onPath(name)
  return playwrightsOwn()
}

/**
 * Path of a Chromium that can be run: `LOACL_CHROMIUM`, the system's, Playwright's, or one installed now
 * (Debian's package as root, Playwright's build otherwise).
 * @returns {Promise<string>}
 */
export async function ensureChromium() {
  const present = await find()
  if (present) return present
  console.error('No Chromium on this machine: installing one for the browser tests.')
  const root = process.getuid?.() === 0
  if (root && onPath('apt-get')) {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-core'])
  } else {
    run(process.execPath, [join('node_modules', '@playwright', 'test', 'cli.js'), 'install', 'chromium'])
  }
  const installed = await find()
  if (installed) return installed
  throw new Error(
    'The browser tests need Chromium and it could not be installed. Install it yourself, with one of:\n' +
      '  apt-get install chromium          (Debian, as root; Ubuntu: use the next line)\n' +
      '  npx playwright install chromium\n' +
      'or name one that you have: LOACL_CHROMIUM=/path/to/chromium npm test',
  )
}
