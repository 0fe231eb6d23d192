import { type Browser } from './page.ts'
import { freePort, startProgram } from './process.ts'
import { startVisitor } from './webdriver.ts'

/** WebKitGTK, as Debian has it, on a screen of its own. */
export async function startWebKit(): Promise<Browser> {
  const screen = startProgram('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'])
  const display = await screen.find('stdout', /^(\d+)$/)
  const port = await freePort()
  const driver = startProgram('WebKitWebDriver', [`--port=${port}`], {
    DISPLAY: `:${display}`,
    // Its sandbox does not run as root.
    ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }),
  })
  return {
    newVisitor: () => startVisitor(`http://127.0.0.1:${port}`, 'WebKitGTK', {}),
    async close() {
      await driver.stop()
      await screen.stop()
    },
  }
}

export async function startChromium(): Promise<Browser> {
  const port = await freePort()
  const driver = startProgram('chromedriver', [`--port=${port}`])
  return {
    newVisitor: () =>
      startVisitor(`http://127.0.0.1:${port}`, 'Chromium', {
        'goog:chromeOptions': {
          binary: process.env.LOACL_CHROMIUM ?? '/usr/bin/chromium',
          args: ['--headless=new', '--no-sandbox'],
        },
      }),
    close: () => driver.stop(),
  }
}
