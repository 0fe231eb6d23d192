import { inject, test as base } from 'vitest'
import { Model } from '../../support/model.ts'
import { pageAddress, type PageOptions } from '../../support/pages.ts'
import { readTarget, type Target } from '../../support/target.ts'
import { Chat } from './chat.ts'
import { startChromium, startWebKit } from './drivers.ts'
import { startFirefox } from './firefox.ts'
import { type Device, type Page } from './page.ts'

export { expect } from './expect.ts'
export { unique } from '../../support/model.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** Name and version of the browser that a test ran in. */
    browser?: string
  }
}

const START = { firefox: startFirefox, webkit: startWebKit, chromium: startChromium }

interface Visit {
  /** Page of the test site; see `e2e/support/pages.ts`. */
  variant?: string
  /** Further options of its widget. */
  data?: PageOptions
}

export const test = base
  .extend('target', { scope: 'file' }, () => readTarget())
  .extend('model', { scope: 'file' }, ({ target }) => new Model(target.local!.modelControlUrl))
  /** A file whose visitors have another one extends its tests. */
  .extend('device', { scope: 'file' }, (): Device => ({}))
  .extend('browser', { scope: 'file' }, async ({ target: _target, device }, { onCleanup }) => {
    const browser = await START[inject('browser')](device)
    onCleanup(() => browser.close())
    return browser
  })
  /** The visitor of this test, who is new to the site. */
  .extend('visitor', async ({ browser, task }, { onCleanup }) => {
    const visitor = await browser.newVisitor()
    onCleanup(() => visitor.leave())
    task.meta.browser = visitor.browser
    return visitor
  })
  /** Goes to a test page in a window of its own. */
  .extend('visit', async ({ visitor, target }, { onCleanup }) => {
    const pages: Page[] = []
    onCleanup(async () => {
      const wrong = await Promise.all(pages.map((page) => findWrongs(page, target)))
      if (wrong.flat().length > 0) throw new Error(wrong.flat().join('\n'))
    })
    return async ({ variant = 'plain', data }: Visit = {}): Promise<Chat> => {
      const page = await visitor.newPage()
      pages.push(page)
      // Each browser opens another size, and of some the panel would take the whole.
      await page.resize(1000, 700)
      const { pagesOrigin, url, key, assistantId: assistant } = target
      await page.goTo(pageAddress(pagesOrigin, variant, { url, key, assistant, watch: '', ...data }))
      return new Chat(page)
    }
  })

/** What a page threw, what its policy refused, and what it asked of anybody but its site, the widget's and the project. */
async function findWrongs(page: Page, { pagesOrigin, assetsOrigin, url }: Target): Promise<string[]> {
  const { wrong, addresses } = await page.evaluate(() => ({
    wrong: (window as unknown as { wrong: string[] }).wrong,
    addresses: performance.getEntriesByType('resource').map(({ name }) => name),
  }))
  const friends = new Set([pagesOrigin, assetsOrigin, new URL(url).origin])
  return [...wrong, ...addresses.filter((address) => !friends.has(new URL(address).origin))]
}
