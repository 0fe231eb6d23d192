import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type Device } from './page.ts'
import { freePort, startProgram } from './process.ts'
import { startVisitor } from './webdriver.ts'

/** WebKitGTK, as Debian has it, on a screen of its own. */
export async function startWebKit({ textSize = 16 }: Device): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), 'loacl-webkit-'))
  const config = join(folder, 'config')
  await writeFile(config, `[websettings]\ndefault-font-size=${textSize}\n`)
  const screen = startProgram('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'])
  const display = await screen.find('stdout', /^(\d+)$/)
  const port = await freePort()
  const driver = startProgram('WebKitWebDriver', [`--port=${port}`], {
    DISPLAY: `:${display}`,
    // Its sandbox does not run as root.
    ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
  })
  const options = { 'webkitgtk:browserOptions': { args: ['--automation', `--config=${config}`] } }
  return {
    newVisitor: () => startVisitor(`http://127.0.0.1:${port}`, 'WebKitGTK', options),
    async close() {
      await driver.stop()
      await screen.stop()
      await rm(folder, { recursive: true })
    },
  }
}

export async function startChromium({ textSize = 16, touch = false }: Device): Promise<Browser> {
  const port = await freePort()
  const driver = startProgram('chromedriver', [`--port=${port}`])
  const settings = [
    `defaultFontSize=${textSize}`,
    // 2: coarse. 1: none.
    ...(touch
      ? ['primaryPointerType=2', 'availablePointerTypes=2', 'primaryHoverType=1', 'availableHoverTypes=1']
      : []),
  ]
  return {
    newVisitor: () =>
      startVisitor(`http://127.0.0.1:${port}`, 'Chromium', {
        'goog:chromeOptions': {
          binary: process.env.LOACL_CHROMIUM ?? '/usr/bin/chromium',
          args: ['--headless=new', '--no-sandbox', `--blink-settings=${settings}`],
        },
      }),
    close: () => driver.stop(),
  }
}
