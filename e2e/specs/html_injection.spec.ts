import { type Page } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'
import { QUEUE_STUB } from '../support/pages.ts'

const EVIL = 'https://evil.example'

/** Comments without any script, which a page shows as HTML. */
const COMMENTS = {
  'an image for the running script': `<img name="currentScript" src="${EVIL}/x/a.png">`,
  'an image with options of its own': `<img name="currentScript" src="${EVIL}/a.png" data-url="${EVIL}" data-key="k" data-assistant="a">`,
  'another base for addresses': `<base href="${EVIL}/">`,
  'a form for the global': '<form id="loacl"><input name="q"><input name="get"></form>',
  'two elements for the global': '<p id="loacl"></p><p id="loacl"></p>',
  'a foreign frame for the global': `<iframe name="loacl" src="${EVIL}/frame"></iframe>`,
  'an object, which is a function to typeof': '<object id="loacl"></object>',
}

/** Answers for the attacker's host, and notes what is asked of it. */
async function watchEvil(page: Page, friends: Set<string>): Promise<string[]> {
  const asked: string[] = []
  friends.add(EVIL)
  await page.route(`${EVIL}/**`, (route) => {
    asked.push(route.request().resourceType())
    return route.fulfill({
      contentType: 'text/javascript',
      headers: { 'access-control-allow-origin': '*' },
      body: 'window.attacked = true; export const createWidget = () => { throw new Error("attacked") }',
    })
  })
  return asked
}

for (const [name, comment] of Object.entries(COMMENTS)) {
  test(`the chat is the owner's on a page with ${name}`, async ({ visit, page, friends }) => {
    const asked = await watchEvil(page, friends)
    const chat = await visit({ variant: 'comment', data: { comment } })
    await chat.open()
    await chat.askAndWait(unique('Whose chat is this?'))
    await expect(page.locator('loacl-chat')).toHaveCount(1)
    expect(await page.evaluate(() => 'attacked' in window)).toBe(false)
    expect(asked.filter((type) => type !== 'image' && type !== 'document')).toEqual([])
  })
}

for (const [name, script] of [
  ['has no addresses', 'Error.stackTraceLimit = 0'],
  ['is laid out in the page’s own way', 'Error.prepareStackTrace = (error, sites) => sites'],
  ['the page fails to lay out', 'Error.prepareStackTrace = () => { throw new TypeError("No stack") }'],
] as const)
  test(`where a stack ${name}, nothing of another base is run`, async ({ visit, page, friends }) => {
    const asked = await watchEvil(page, friends)
    const comment = `<script>${script}</script>${COMMENTS['another base for addresses']}`
    const chat = await visit({ variant: 'comment', data: { comment } })
    await chat.open()
    expect(asked).toEqual([])
  })

test('an element in a comment is no chat, and says so on the console', async ({ visit, page, friends }) => {
  const asked = await watchEvil(page, friends)
  const told: string[] = []
  page.on('console', (message) => told.push(message.text()))
  const root = '<template shadowrootmode="closed"></template>'
  const comment = `<loacl-chat data-url="${EVIL}" data-key="k" data-assistant="a">${root}</loacl-chat><loacl-chat></loacl-chat>`
  const chat = await visit({ variant: 'comment', data: { comment } })
  await chat.open()
  await chat.askAndWait(unique('Whose element is this?'))
  const foreign = page.locator('article loacl-chat')
  expect(await foreign.evaluateAll((elements) => elements.map(({ shadowRoot }) => shadowRoot))).toEqual([null, null])
  expect(told).toContain('loacl: no options')
  expect(asked).toEqual([])
})

test('calls made beside an element that has the name of the global are carried out', async ({ visit, page }) => {
  const calls = `<script>${QUEUE_STUB}loacl('open')</script>`
  const chat = await visit({ variant: 'comment', data: { comment: COMMENTS['a form for the global'] + calls } })
  await expect(chat.composer).toBeFocused()
  await chat.close.click()
  await expect(chat.launcher).toBeFocused()
  await expect(page.locator('html > loacl-chat')).toHaveCount(1)
})

test(
  'elements named as the members of the document take nothing from the chat',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    const question = unique('Which document do you read?')
    await model.says(question, 'The **real** one, with `code`.\n\n```js\nlet a\n```')
    await page.goto('about:blank')
    const names = await page.evaluate(() =>
      [Document, Node, EventTarget].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
    )
    const comment = names.map((name) => `<img name="${name}">`).join('')
    const chat = await visit({ variant: 'comment', data: { comment } })
    expect(await page.evaluate(() => [document.body.tagName, typeof document.createElement])).toEqual(['IMG', 'object'])
    const answered = await page.evaluate(
      (text) =>
        new Promise((resolve) => {
          const { loacl } = window as unknown as { loacl: (...command: unknown[]) => void }
          loacl('on', 'answered', ({ status }: { status: string }) => resolve(status))
          loacl('open')
          loacl('send', text)
        }),
      question,
    )
    expect(answered).toBe('completed')
    // Playwright itself finds nothing on such a page.
    await page.evaluate(() =>
      Element.prototype.remove.call(Reflect.get(Document.prototype, 'querySelector').call(document, 'article')),
    )
    await expect(chat.log.locator('strong')).toHaveText('real')
    await chat.close.click()
    await expect(chat.launcher).toBeFocused()
    await expect(page.locator('html > loacl-chat')).toHaveCount(1)
  },
)
