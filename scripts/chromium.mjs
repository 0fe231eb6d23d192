// Finds a Chromium for the browser tests, and installs one where there is none.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hasApt, installPackages, onPath, run } from './debian_packages.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

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
  if (hasApt()) installPackages('chromium', 'fonts-noto-core')
  else run(process.execPath, [join('node_modules', '@playwright', 'test', 'cli.js'), 'install', 'chromium'])
  const installed = await find()
  if (installed) return installed
  throw new Error(
    'The browser tests need Chromium and it could not be installed. Install it yourself, with one of:\n' +
      '  apt-get install chromium          (Debian, as root; Ubuntu: use the next line)\n' +
      '  npx playwright install chromium\n' +
      'or name one that you have: LOACL_CHROMIUM=/path/to/chromium npm test',
  )
}
