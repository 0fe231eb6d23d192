import type { Page, Request } from '@playwright/test'
import type { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'

const LAMP = { title: 'A lamp', url: 'https://shop.example/lamp?ref=mail#price', sku: 'A-17' }
const SENT = { ...LAMP, url: 'https://shop.example/lamp' }
const FILE = '**/panel-context-*'

const command = (page: Page, ...given: unknown[]) =>
  page.evaluate((list) => (window as unknown as { loacl: (...given: unknown[]) => void }).loacl(...list), given)
const say = (page: Page, context: unknown, options?: object) => command(page, 'setContext', context, options)
const line = (chat: Chat) => chat.panel.locator('.context > summary')
const SHOWN = 'Sent along: \u2068A lamp · shop.example\u2069'
const LEFT = 'Not sent along: \u2068A lamp · shop.example\u2069'
const press = (chat: Chat, name: string) => chat.panel.getByRole('button', { name })

/** What has gone with each message. */
function contextsOf(page: Page): unknown[] {
  const contexts: unknown[] = []
  page.on('request', (request: Request) => {
    if (request.url().endsWith('/turns'))
      contexts.push((request.postDataJSON() as { context?: unknown }).context ?? null)
  })
  return contexts
}

test(
  'what the page says is in sight, opens by the keyboard, and goes with the message to the model as data',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    const question = unique('How much is it?')
    await model.says(question, 'Ten crowns.')
    const sent = contextsOf(page)
    const chat = await visit()
    await say(page, LAMP)
    await chat.open()
    await expect(line(chat)).toHaveText(SHOWN)
    await page.keyboard.press('Shift+Tab')
    await expect(line(chat)).toBeFocused()
    await page.keyboard.press('Enter')
    const all = chat.panel.getByRole('group', { name: 'A lamp · shop.example' })
    await expect(all.locator('dt')).toHaveText(['title', 'url', 'sku'])
    await expect(all.locator('dd')).toHaveText(['A lamp', SENT.url, 'A-17'])
    await expect(chat.panel.locator('.context')).toMatchAriaSnapshot(`
      - group:
        - paragraph: The page says this of itself. It goes with your message, for the answer.
        - group "A lamp · shop.example":
          - term: title
          - definition: A lamp
          - term: url
          - definition: https://shop.example/lamp
          - term: sku
          - definition: A-17
        - button "Leave out this time"
        - button "Leave out from now on"
    `)
    await chat.askAndWait(question)
    expect(sent).toEqual([SENT])
    const [call] = await model.calls(question)
    expect(call!.history).toEqual([expect.objectContaining({ role: 'user' })])
    expect(JSON.stringify(call!.history)).toContain('<page_context>')
    expect(JSON.stringify(call!.history)).toContain('A-17')
    // Asked again, it is the message's own.
    await say(page, { title: 'A rug' })
    await expect(line(chat)).toHaveText('Sent along: \u2068A rug\u2069')
    await chat.panel.getByRole('button', { name: 'Try another answer' }).click()
    await chat.answered()
    await expect.poll(async () => (await model.calls(question)).length).toBe(2)
    expect(JSON.stringify((await model.calls(question))[1]!.history)).toContain('A-17')
  },
)

test('a visitor leaves it out of one message, or until they put it back, on the next page too', async ({
  visit,
  page,
}) => {
  const sent = contextsOf(page)
  const chat = await visit()
  await say(page, LAMP)
  await chat.open()
  await line(chat).click()
  await press(chat, 'Leave out this time').focus()
  await page.keyboard.press('Enter')
  await expect(line(chat)).toHaveText(LEFT)
  await expect(press(chat, 'Send along again')).toBeFocused()
  await expect(chat.panel.getByRole('status')).toHaveText(LEFT)
  await chat.askAndWait(unique('One'))
  await expect(line(chat)).toHaveText(SHOWN)
  await chat.askAndWait(unique('Two'))
  await press(chat, 'Leave out from now on').focus()
  await page.keyboard.press('Enter')
  await expect(press(chat, 'Send along again')).toBeFocused()
  await chat.askAndWait(unique('Three'))
  await chat.askAndWait(unique('Four'))
  // What the page says anew is left out as well.
  await say(page, { ...LAMP, sku: 'B-2' })
  await page.reload()
  await say(page, LAMP)
  await chat.open()
  await expect(line(chat)).toHaveText(LEFT)
  await chat.askAndWait(unique('Five'))
  await line(chat).click()
  await press(chat, 'Send along again').click()
  await expect(line(chat)).toHaveText(SHOWN)
  await chat.askAndWait(unique('Six'))
  expect(sent).toEqual([null, SENT, null, null, null, SENT])
})

test('it is gone when the page takes it back, and when the visitor signs out', async ({ visit, page }) => {
  const sent = contextsOf(page)
  const chat = await visit()
  await say(page, LAMP, { keepQuery: true })
  await chat.open()
  await expect(line(chat)).toHaveText(SHOWN)
  await chat.askAndWait(unique('One'))
  await say(page, null)
  await expect(line(chat)).toBeHidden()
  await chat.askAndWait(unique('Two'))
  await say(page, {})
  await say(page, LAMP)
  await expect(line(chat)).toBeVisible()
  await line(chat).click()
  await press(chat, 'Leave out from now on').click()
  await command(page, 'signOut')
  await expect(line(chat)).toBeHidden()
  await chat.askAndWait(unique('Three'))
  await say(page, LAMP)
  await expect(line(chat)).toHaveText(SHOWN)
  await chat.askAndWait(unique('Four'))
  expect(sent).toEqual([LAMP, null, null, SENT])
})

test('what is too large is refused by an event, and what was said before stays', async ({ visit, page }) => {
  const sent = contextsOf(page)
  const chat = await visit()
  await page.evaluate(() =>
    document.addEventListener('loacl-error', (event) => {
      document.title = (event as CustomEvent<{ error: { code: string } }>).detail.error.code
    }),
  )
  await say(page, LAMP)
  await chat.open()
  await expect(line(chat)).toHaveText(SHOWN)
  await say(page, { note: 'x'.repeat(4096) })
  await expect(page).toHaveTitle('options_invalid')
  await expect(line(chat)).toHaveText(SHOWN)
  await chat.askAndWait(unique('One'))
  expect(sent).toEqual([SENT])
})

test('what can’t be shown is not sent', async ({ visit, page }) => {
  const sent = contextsOf(page)
  await page.route(FILE, (route) => route.abort())
  const chat = await visit()
  await say(page, LAMP)
  await chat.open()
  await chat.askAndWait(unique('One'))
  expect(sent).toEqual([null])
})

test(
  'nothing is shown or sent for an owner who has switched it off',
  { tag: '@local' },
  async ({ visit, page, owner }) => {
    const sent = contextsOf(page)
    const chat = await visit({ assistant: await owner.addAssistant({ pageContext: false }) })
    await say(page, LAMP)
    const fetched = page.waitForResponse(FILE)
    await chat.open()
    await fetched
    await chat.askAndWait(unique('One'))
    await expect(line(chat)).toBeHidden()
    expect(sent).toEqual([null])
  },
)

test('a page that says nothing fetches nothing for it, and none of it is read from the page', async ({
  visit,
  page,
}) => {
  const sent = contextsOf(page)
  const files: string[] = []
  page.on('request', (request) => files.push(request.url()))
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('One'))
  expect(files.filter((file) => file.includes('panel-context'))).toEqual([])
  expect(sent).toEqual([null])
})

test('a widget from npm keeps what it is told until somebody asks for the chat', async ({ visit, page }) => {
  const sent = contextsOf(page)
  const chat = await visit({ variant: 'npm', data: { locale: 'de' } })
  await page.evaluate(
    (context) => (window as unknown as { widget: { setContext(context: object): void } }).widget.setContext(context),
    LAMP,
  )
  const scripts = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  expect(scripts.filter((name) => name.includes('context'))).toEqual([])
  await chat.launcher.click()
  await expect(line(chat)).toHaveText('Wird mitgesendet: \u2068A lamp · shop.example\u2069')
  const question = unique('Wie viel?')
  await chat.panel.getByRole('textbox').fill(question)
  await page.keyboard.press('Enter')
  await expect.poll(() => sent).toEqual([SENT])
})
