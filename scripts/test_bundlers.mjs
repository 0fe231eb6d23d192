// `npm run test:bundlers`: packs the packages as they would be published, builds an application with them under each
// bundler, and opens the chat in it. Arguments go to Playwright: `npm run test:bundlers -- -g webpack`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'

ensureInstalled()
const { ensureChromium } = await import('./chromium.mjs')
const { node, root, tool } = await import('./tools.mjs')

const folder = join(root, 'e2e', 'bundlers')

/**
 * @param {string} program
 * @param {string[]} args
 */
function run(program, args, env = {}) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (status !== 0) process.exit(status ?? 1)
}

const chromium = await ensureChromium()
const packed = mkdtempSync(join(tmpdir(), 'loacl-packed-'))
for (const name of ['core', 'widget']) run(node, [join('scripts', 'build.mjs'), name])
for (const name of ['core', 'widget']) run(node, [join('scripts', 'pack.mjs'), name, packed, '--no-build'])
const tarballs = readdirSync(packed).map((file) => join(packed, file))
run(node, [join('scripts', 'install_packed.mjs'), folder, ...tarballs])
rmSync(packed, { recursive: true })
const [playwright, ...first] = tool('@playwright/test', 'playwright')
run(playwright, [...first, 'test', '--config', 'e2e/bundlers/playwright.config.ts', ...process.argv.slice(2)], {
  LOACL_CHROMIUM: chromium,
})
