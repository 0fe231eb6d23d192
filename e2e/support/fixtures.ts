import { test as base, type BrowserContext, type Page } from '@playwright/test'
import { Chat } from './chat.ts'
import { Model } from './model.ts'
import { Owner } from './owner.ts'
import { pageAddress } from './pages.ts'
import { readTarget, type Target } from './target.ts'

export { expect } from '@playwright/test'
export { unique } from './model.ts'

interface Visit {
  /** Page of the test site; see `pages.ts`. */
  variant?: string
  assistant?: string
  /** Further `data-*` attributes of the script tag, and overrides. */
  data?: Record<string, string>
}

interface TestFixtures {
  /** Address of a test page with the widget on it. */
  pageUrl: (visit?: Visit) => string
  /** Goes to a test page as the visitor of this test, who is new to the site. */
  visit: (visit?: Visit) => Promise<Chat>
  /** Another visitor's browser. */
  newVisitor: () => Promise<BrowserContext>
  /** Origins that the page may send requests to: its own, that of the widget's files, and the project. */
  friends: Set<string>
  /** Fails the test where a visitor's page throws, breaks its policy or sends a request to anybody else. */
  watch: (context: BrowserContext) => void
}

interface WorkerFixtures {
  target: Target
  /** The scripted model. Local stack only. */
  model: Model
  /** The site's owner at the database. Local stack only. */
  owner: Owner
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  // Playwright reads what a fixture needs off this pattern.
  // oxlint-disable-next-line no-empty-pattern
  target: [async ({}, use) => use(readTarget()), { scope: 'worker' }],
  model: [async ({ target }, use) => use(new Model(needLocal(target).modelControlUrl)), { scope: 'worker' }],
  owner: [
    async ({ target }, use) => {
      const owner = new Owner(needLocal(target).dbUrl, target.assistantId)
      await use(owner)
      await owner.leave()
    },
    { scope: 'worker' },
  ],

  pageUrl: async ({ target }, use) => use((visit) => pageUrl(target, visit)),
  visit: async ({ page, target }, use) =>
    use(async (visit) => {
      await page.goto(pageUrl(target, visit))
      return new Chat(page)
    }),
  newVisitor: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = []
    await use(async () => {
      const context = await browser.newContext()
      watch(context)
      contexts.push(context)
      return context
    })
    for (const context of contexts) await context.close()
  },
  friends: async ({ target }, use) =>
    use(new Set([target.pagesOrigin, target.assetsOrigin, new URL(target.url).origin])),
  watch: [
    async ({ context: own, friends }, use) => {
      const wrong: string[] = []
      const watch = (context: BrowserContext): void => {
        context.on('request', (request) => {
          const { origin, protocol } = new URL(request.url())
          if (protocol.startsWith('http') && !friends.has(origin)) wrong.push(`Request to ${request.url()}`)
        })
        context.on('weberror', (error) => wrong.push(`Uncaught: ${error.error().stack}`))
        context.on('console', (message) => {
          if (message.text().includes('Content Security Policy')) wrong.push(message.text())
        })
      }
      watch(own)
      await use(watch)
      if (wrong.length > 0) throw new Error(wrong.join('\n'))
    },
    { auto: true },
  ],
})

function needLocal(target: Target): NonNullable<Target['local']> {
  if (!target.local) throw new Error('Tag this test @local: it needs a backend that it may prepare.')
  return target.local
}

function pageUrl(target: Target, { variant = 'plain', assistant = target.assistantId, data = {} }: Visit = {}): string {
  return pageAddress(target.pagesOrigin, variant, { url: target.url, key: target.key, assistant, ...data })
}

/** Goes to a test page in a further page or browser. */
export async function goTo(page: Page, url: string): Promise<Chat> {
  await page.goto(url)
  return new Chat(page)
}
