import type { Page } from '@playwright/test'
import type { Chat } from '../support/chat.ts'
import { expect, goTo, test, unique } from '../support/fixtures.ts'
import type { Model } from '../support/model.ts'
import type { NewTool, Owner } from '../support/owner.ts'

const ORDER = { order: 'A-1042', refund: { amount: 249.5 } }
const CANCEL: NewTool = {
  name: 'cancel_order',
  words: {
    en: { title: 'Cancel an order', sentence: 'Cancels the order and refunds what you paid.' },
    de: { title: 'Bestellung stornieren', sentence: 'Storniert die Bestellung.' },
    ar: { title: 'إلغاء طلب', sentence: 'يلغي الطلب.' },
  },
}
/** No server has this name. */
const SERVER = 'https://orders.harbour.invalid/email'

/** What the panel's keyboard is on. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document.querySelector('loacl-chat')!.shadowRoot!
    return activeElement && `${activeElement.getAttribute('aria-label') ?? activeElement.textContent}`
  })

const request = (chat: Chat, name = 'Cancel an order') => chat.log.getByRole('group', { name, exact: true })

/** Has the page do what the tool is for, once the widget is there. */
const register = (page: Page, name: string) =>
  page.evaluate(`
    globalThis.called = []
    globalThis.ended = []
    loacl('on', 'answered', ({ status }) => ended.push(status))
    loacl('registerTool', ${JSON.stringify(name)}, (args) => {
      called.push(args)
      return { done: true }
    })`)

/** An assistant with these tools, whose model calls each of them before it answers. */
async function prepare(owner: Owner, model: Model, tools: NewTool[], given: unknown = ORDER, text = 'All is done.') {
  const assistant = await owner.addAssistant()
  for (const tool of tools) await owner.addTool(assistant, tool)
  const question = unique('Please cancel my order.')
  const calls = [tools.map(({ name }) => ({ name, arguments: given }))]
  await model.says(question, { calls, text, followUps: [] })
  return { assistant, question }
}

test(
  'a request is read out, takes no keyboard, is approved by the keyboard alone, and the page does it',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, visitorSees: 'arguments' }])
    const chat = await visit({ assistant })
    await register(page, CANCEL.name)
    await chat.open()
    await chat.ask(question)
    await expect(request(chat)).toContainText('Cancels the order and refunds what you paid.')
    await expect(request(chat)).toContainText(`Goes to ⁦${new URL(page.url()).host}⁩`)
    await expect(request(chat)).toContainText('Expires in 23 hours')
    await expect(request(chat).getByRole('term')).toHaveText(['order', 'refund › amount'])
    await expect(request(chat).getByRole('definition')).toHaveText(['A-1042', '249.5'])
    await expect(chat.panel.getByRole('status').last()).toHaveText(
      /^\s*A request waits for your approval:\s+Cancel an order\s+Cancels the order and refunds what you paid/,
    )
    expect(await focused(page)).toBe('Message')
    // Stop ends what waits, where nothing is written; a message can be written all the same.
    await expect(chat.stop).toBeVisible()
    await chat.composer.fill('Or rather')
    await expect(chat.send).toBeEnabled()
    await chat.composer.fill('')

    const approve = request(chat).getByRole('button', { name: 'Approve' })
    for (let presses = 0; presses < 9 && (await focused(page)) !== 'Approve'; presses++)
      await page.keyboard.press('Shift+Tab')
    await expect(approve).toBeFocused()
    expect((await approve.boundingBox())!.height).toBeGreaterThanOrEqual(44)
    await page.keyboard.press('Enter')
    await expect(chat.message('All is done.')).toBeVisible()
    await chat.answered()
    const line = chat.log.locator('summary', { hasText: 'Cancel an order' })
    await expect(line).toContainText('Done')
    await expect(line).toBeFocused()
    expect(await page.evaluate('called')).toEqual([ORDER])
    // What waited was no end.
    await expect.poll(() => page.evaluate('ended')).toEqual(['completed'])
    await page.keyboard.press('Enter')
    await expect(chat.log.getByRole('group', { name: 'Sent' })).toContainText('A-1042')
    // The result is not the visitor's to see.
    await expect(chat.log.getByRole('group', { name: 'Received' })).toHaveCount(0)

    await page.reload()
    await chat.open()
    await expect(line).toContainText('Done')
    await expect(request(chat)).toHaveCount(0)
  },
)

test(
  'each of several requests is answered by itself, and the keyboard goes from one to the next',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const { assistant, question } = await prepare(owner, model, [CANCEL, { name: 'send_email', endpoint: SERVER }])
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    const [first, second] = [request(chat), request(chat, 'Send email')]
    await expect(second).toContainText('Goes to ⁦orders.harbour.invalid⁩')
    await expect(chat.panel.getByRole('status').last()).toHaveText(/^\s*2 requests wait for your approval:/)
    await first.getByRole('button', { name: 'Deny' }).focus()
    await page.keyboard.press('Enter')
    await expect(first).toHaveCount(0)
    await expect(chat.log.getByText('Cancel an order')).toBeVisible()
    await expect(chat.log.getByText('Denied by you')).toBeVisible()
    await expect(second).toBeFocused()
    await second.getByRole('button', { name: 'Approve' }).press('Enter')
    await expect(chat.message('All is done.')).toBeVisible()
    // What became of it is told: its server is not there.
    await expect(chat.log.locator('.call', { hasText: 'Send email' })).toContainText(/can’t be reached|refused|failed/)
    expect(await focused(page)).not.toBeNull()
  },
)

test(
  'a request outlives a reload, and what another tab decides is shown in this one',
  { tag: '@local' },
  async ({ visit, owner, model, page, pageUrl, context }) => {
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }])
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(request(chat)).toBeVisible()
    await page.reload()
    await chat.open()
    await expect(request(chat)).toContainText('A-1042')
    const other = await goTo(await context.newPage(), pageUrl({ assistant }))
    await other.open()
    await request(other).getByRole('button', { name: 'Deny' }).click()
    await expect(other.message('All is done.')).toBeVisible()
    await expect(request(chat)).toHaveCount(0)
    await expect(chat.log.getByText('Denied by you')).toBeVisible()
    await expect(chat.message('All is done.')).toBeVisible()
  },
)

test(
  'where a decision can’t be sent, the card says so, and it can be made again',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }])
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await page.route('**/decision', (route) =>
      route.fulfill({
        status: 409,
        headers: { 'access-control-allow-origin': '*' },
        json: { error: { code: 'execution_decided', message: '', requestId: 'r' } },
      }),
    )
    const deny = request(chat).getByRole('button', { name: 'Deny' })
    await deny.click()
    await expect(request(chat).getByRole('alert')).toHaveText('This was decided already, perhaps in another tab.')
    await expect(deny).toBeFocused()
    await page.unroute('**/decision')
    await deny.click()
    await expect(chat.message('All is done.')).toBeVisible()
  },
)

test(
  'a new message cancels what waits, and stopping ends it: both can be read there',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }])
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(request(chat)).toBeVisible()
    const next = unique('Or rather not.')
    await model.says(next, 'As you like.')
    await chat.askAndWait(next)
    await expect(request(chat)).toHaveCount(0)
    await expect(chat.log.locator('.call')).toContainText(/Stopped|Cancelled/)
    await page.reload()
    await chat.open()
    await expect(chat.log.locator('.call')).toContainText('Cancelled by your next message. It did not run.')

    await chat.newChat.click()
    await chat.ask(question)
    await expect(request(chat)).toBeVisible()
    await chat.stop.click()
    await expect(request(chat)).toHaveCount(0)
    await expect(chat.log.locator('.call')).toContainText('Stopped. It did not run.')
    await expect(chat.composer).toBeFocused()
  },
)

test(
  'an approval that the budget has no room for runs nothing, says so, and can be given again',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const { assistant, question } = await prepare(owner, model, [CANCEL])
    const chat = await visit({ assistant })
    await register(page, CANCEL.name)
    await chat.open()
    await chat.ask(question)
    const approve = request(chat).getByRole('button', { name: 'Approve' })
    await expect(approve).toBeVisible()
    await owner.change(assistant, { tokensPerDay: 1 })
    await approve.click()
    await expect(request(chat).getByRole('alert')).toHaveText('This chat has reached its limit for now.')
    expect(await page.evaluate('called')).toEqual([])
    await owner.change(assistant, { tokensPerDay: null })
    await page.reload()
    await register(page, CANCEL.name)
    await chat.open()
    await approve.click()
    await expect(chat.message('All is done.')).toBeVisible()
    expect(await page.evaluate('called')).toEqual([ORDER])
  },
)

test(
  'while the panel is closed, its launcher shows that something waits',
  { tag: '@local' },
  async ({ visit, owner, model }) => {
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }])
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await chat.close.click()
    await expect(chat.launcher.locator('i')).toBeVisible()
    await expect(chat.launcher).toHaveAccessibleDescription('Your conversation goes on here')
    await chat.launcher.click()
    await expect(chat.launcher.locator('i')).toHaveCount(0)
    await request(chat).getByRole('button', { name: 'Deny' }).click()
    await expect(chat.message('All is done.')).toBeVisible()
    await chat.close.click()
    await expect(chat.launcher.locator('i')).toHaveCount(0)
  },
)

test(
  'hostile arguments stay text, turn nothing around, hide nothing, and push no button away',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const given = {
      note: 'pay \u202e100\u202c now\u200b',
      '\u202eeman': '<img src=x onerror="window.attacked=1">',
      long: 'and so on '.repeat(2000),
    }
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }], given)
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    const values = request(chat).getByRole('group', { name: 'Sent' })
    await expect(values.getByRole('term')).toHaveText(['long', 'note', 'U+202Eeman'])
    await expect(values.getByRole('definition').nth(1)).toHaveText('pay U+202E100U+202C nowU+200B')
    expect(await values.textContent()).not.toMatch(/[\u202a-\u202e\u200b]/)
    await expect(values.locator('img')).toHaveCount(0)
    expect(await page.evaluate('window.attacked')).toBeUndefined()
    // It scrolls in its own box, by the keyboard too.
    await expect(values).toHaveAttribute('tabindex', '0')
    await expect(request(chat).getByRole('button', { name: 'Approve' })).toBeInViewport()
    await expect(request(chat).getByRole('button', { name: 'Deny' })).toBeInViewport()
    const width = await request(chat).evaluate((card) => card.scrollWidth - card.clientWidth)
    expect(width).toBeLessThanOrEqual(0)
  },
)

for (const [locale, title, expires] of [
  ['de', 'Bestellung stornieren', 'Läuft in 23 Stunden ab'],
  ['ar', 'إلغاء طلب', 'Expires in 23 hours'],
] as const)
  test(
    `a request is in the visitor’s language, as far as there are words: ${locale}`,
    { tag: '@local' },
    async ({ visit, owner, model, page }) => {
      const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }])
      await visit({ assistant, data: { locale } })
      await page.locator('[part=launcher]').click()
      const composer = page.getByRole('dialog').getByRole('textbox')
      await composer.fill(question)
      await composer.press('Enter')
      const card = page.getByRole('group', { name: title })
      await expect(card).toContainText(expires)
      await expect(card).toHaveCSS('direction', locale === 'ar' ? 'rtl' : 'ltr')
    },
  )

test(
  'where what shows requests can’t be fetched, that is said, and it is fetched again',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const { assistant, question } = await prepare(owner, model, [{ ...CANCEL, endpoint: SERVER }])
    await page.route('**/panel-tools-*', (route) => route.abort())
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(chat.log.getByText('The chat can’t be reached.', { exact: false })).toBeVisible()
    await page.unroute('**/panel-tools-*')
    await chat.retry.click()
    await expect(request(chat)).toBeVisible()
  },
)
