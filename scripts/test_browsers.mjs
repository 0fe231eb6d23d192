// `npm run test:browsers`: the visitor's story in Firefox, WebKit and Chromium. Ends with a line for each of them.
// Arguments go to Vitest: `npm run test:browsers -- --project webkit keyboard`.
import { spawnSync } from 'node:child_process'
import { ensureInstalled } from './install.mjs'

ensureInstalled()
const { ensureChromium } = await import('./chromium.mjs')
const { ensurePrograms } = await import('./debian_packages.mjs')
const { node, root, tool } = await import('./tools.mjs')

/** @param {[string, ...string[]]} command */
function run([program, ...args], env = {}) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
  if (status !== 0) process.exit(status ?? 1)
}

ensurePrograms({
  firefox: 'firefox-esr',
  WebKitWebDriver: 'webkit2gtk-driver',
  Xvfb: 'xvfb',
  chromedriver: 'chromium-driver',
})
const chromium = await ensureChromium()
for (const name of ['core', 'widget']) run([node, 'scripts/build.mjs', name])
run([...tool('vitest'), 'run', '--config', 'e2e/browsers/vitest.config.ts', ...process.argv.slice(2)], {
  LOACL_CHROMIUM: chromium,
})
