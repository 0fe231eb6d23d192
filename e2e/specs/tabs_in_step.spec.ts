import type { BrowserContext, Page } from '@playwright/test'
import { call, test } from '../support/account_fixtures.ts'
import type { Chat } from '../support/chat.ts'
import { expect, goTo, unique } from '../support/fixtures.ts'

interface Tabs {
  first: Chat
  second: Chat
  other: Page
}

/** Two tabs that have the same conversation open. */
async function openBoth(context: BrowserContext, first: Chat, url: string): Promise<Tabs> {
  const opening = unique('Are you there?')
  await first.open()
  await first.askAndWait(opening)
  const second = await goTo(await context.newPage(), url)
  await second.open()
  await expect(second.message(opening)).toBeVisible()
  // Playwright keeps the focus in every page: this is what turning to the other tab does.
  await first.page.evaluate(() => window.dispatchEvent(new Event('blur')))
  return { first, second, other: second.page }
}

/** What a page asks of the project, from now on. */
function requestsOf(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    if (/\/(rest|functions)\/v1\//.test(request.url())) asked.push(request.url().replace(/^.*\/v1\//, ''))
  })
  return asked
}

/** As the browser says it of a tab behind another one. */
const setHidden = (page: Page, isHidden: boolean): Promise<void> =>
  page.evaluate(
    (state) => {
      Object.defineProperty(Document.prototype, 'visibilityState', { configurable: true, get: () => state })
      window.dispatchEvent(new Event('visibilitychange'))
    },
    isHidden ? 'hidden' : 'visible',
  )

test(
  'a second tab shows the question that is asked in the first, and its answer as it streams',
  { tag: '@local' },
  async ({ context, visit, pageUrl, model, assistant }) => {
    const { first, second } = await openBoth(context, await visit({ assistant }), pageUrl({ assistant }))
    const question = unique('How are your lights powered?')
    const text = 'By the hub dynamo, which turns with the front wheel and needs no battery at all.'
    await model.says(question, { text, holdAfter: 30 })
    await first.ask(question)
    await expect(second.message(question)).toBeVisible()
    await expect(second.log).toContainText('By the hub dynamo, which turns')
    await expect(second.log).not.toContainText('front wheel')
    await expect(second.stop).toBeVisible()
    await model.says(question, text)
    for (const chat of [first, second]) {
      await chat.answered()
      await expect(chat.message(text)).toHaveCount(1)
      await expect(chat.message(question)).toHaveCount(1)
    }

    const back = unique('And at a halt?')
    await second.askAndWait(back)
    await expect(first.message(back)).toHaveCount(1)
    await first.answered()
    expect(await model.calls(question)).toHaveLength(1)
  },
)

test(
  'a hidden tab sends nothing, and has what was said when it is visible again',
  { tag: '@local' },
  async ({ context, visit, pageUrl, assistant }) => {
    const { first, second, other } = await openBoth(context, await visit({ assistant }), pageUrl({ assistant }))
    await setHidden(other, true)
    const asked = requestsOf(other)
    const question = unique('Is it raining?')
    const heard = other.evaluate(
      (name) =>
        new Promise((resolve) => new BroadcastChannel(name).addEventListener('message', resolve, { once: true })),
      `loacl:${assistant}`,
    )
    await first.askAndWait(question)
    await heard
    await expect(second.message(question)).toHaveCount(0)
    expect(asked).toEqual([])
    await setHidden(other, false)
    await expect(second.message(question)).toBeVisible()
    expect(asked.slice(0, 2)).toEqual(['rpc/list_events', 'rpc/list_messages'])
  },
)

test(
  'what any script of the page says on the channel changes nothing, and asks for nothing',
  { tag: '@local' },
  async ({ context, visit, pageUrl, assistant }) => {
    const { first, second, other } = await openBoth(context, await visit({ assistant }), pageUrl({ assistant }))
    const before = await second.log.textContent()
    const asked = requestsOf(other)
    await first.page.evaluate((name) => {
      const channel = new BroadcastChannel(name)
      const thread = '11111111-1111-4111-8111-111111111111'
      const messages = [
        null,
        1,
        'x',
        [],
        {},
        [null, thread],
        [0, thread],
        ['0', thread],
        [NaN, thread],
        new Map([[0, 1]]),
      ]
      for (const message of messages) channel.postMessage(message)
      for (let n = 0; n < 1_000; n++) channel.postMessage([n, { toString: null }])
    }, `loacl:${assistant}`)
    // What is asked after it is heard after it.
    const question = unique('Still there?')
    await first.ask(question)
    await expect(second.message(question)).toBeVisible()
    expect(asked.filter((path) => path.startsWith('rpc/list_threads'))).toEqual([])
    expect(before).not.toBe('')
    await second.answered()
    await second.askAndWait(unique('And now?'))
  },
)

test(
  'nobody is told of by a tab of another visitor, nor of by one that has signed out',
  { tag: '@local' },
  async ({ page, context, visit, pageUrl, assistant, accounts }) => {
    const { first, other } = await openBoth(context, await visit({ assistant }), pageUrl({ assistant }))
    await call(page, 'identify', { identityToken: accounts.tokenOf('ada') })
    const question = unique('Where is my parcel?')
    await first.askAndWait(question)
    await call(page, 'signOut')
    await expect.poll(() => other.getByText(question).count()).toBe(0)
    // The next visitor of this browser is somebody else, in both.
    await first.newChat.click()
    const asked = requestsOf(other)
    await other.evaluate(() => window.dispatchEvent(new Event('focus')))
    await first.askAndWait(unique('And who am I?'))
    expect(asked.filter((path) => path.startsWith('rpc/list_events'))).toEqual([])
  },
)
