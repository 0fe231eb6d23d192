import type { Page } from '@playwright/test'
import { Chat } from '../support/chat.ts'
import { expect, test } from '../support/fixtures.ts'

type Command = (...command: unknown[]) => void
const give = (page: Page, ...command: unknown[]): Promise<void> =>
  page.evaluate((words) => (window as unknown as { loacl: Command }).loacl(...words), command)

/** Lets go of what `pattern` asks for when it is called. */
async function hold(page: Page, pattern: RegExp): Promise<() => void> {
  let letGo!: () => void
  const released = new Promise<void>((resolve) => (letGo = resolve))
  await page.route(pattern, async (route) => {
    await released
    await route.continue()
  })
  return letGo
}

test('an opening that nobody asked for takes no keyboard from a field of the page', async ({ page, pageUrl }) => {
  const letGo = await hold(page, /panel-[\w-]{8}\.js/)
  await page.goto(pageUrl({ data: { open: 'true' } }))
  const field = page.getByLabel('Search')
  await field.fill('pass')
  letGo()
  const chat = new Chat(page)
  await expect(chat.composer).toBeVisible()
  await page.keyboard.type('word')
  await expect(field).toHaveValue('password')
  await expect(chat.composer).toHaveValue('')
  await give(page, 'close')
  await give(page, 'open')
  await expect(chat.composer).toBeVisible()
  await expect(field).toBeFocused()
})

const roughly = (box: { x: number; y: number; width: number; height: number } | null) =>
  Object.values(box!).map((value) => Math.round(value / 4))

test('the frame is there before the panel has come, and is called off by another press', async ({ page, visit }) => {
  const chat = await visit()
  const letGo = await hold(page, /panel-[\w-]{8}\.js/)
  const frame = page.locator('loacl-chat .notice')
  await chat.launcher.click()
  await expect(frame).toBeVisible()
  const place = await frame.boundingBox()
  await chat.launcher.click()
  await expect(frame).toBeHidden()
  await chat.launcher.click()
  letGo()
  await expect(chat.composer).toBeVisible()
  await expect(frame).toBeHidden()
  await expect.poll(async () => roughly(await chat.panel.boundingBox())).toEqual(roughly(place))
})

test('Escape on the launcher calls off a panel that is on its way', async ({ page, visit }) => {
  const chat = await visit()
  const letGo = await hold(page, /panel-[\w-]{8}\.js/)
  const frame = page.locator('loacl-chat .notice')
  await chat.launcher.press('Enter')
  await expect(frame).toBeVisible()
  const come = page.waitForResponse(/panel-[\w-]{8}\.js/)
  await chat.launcher.press('a')
  await expect(frame).toBeVisible()
  await chat.launcher.press('Escape')
  await expect(frame).toBeHidden()
  letGo()
  await (await come).finished()
  // Were it to open, it would by then: opening takes two tasks.
  await page.evaluate(async () => {
    for (let frames = 0; frames < 20; frames++) await new Promise(requestAnimationFrame)
  })
  await expect(chat.panel).toBeHidden()
})

for (const [theme, system, background] of [
  [undefined, 'dark', 'rgb(18, 18, 18)'],
  ['auto', 'dark', 'rgb(18, 18, 18)'],
  ['dark', 'light', 'rgb(18, 18, 18)'],
  ['light', 'dark', 'rgb(255, 255, 255)'],
  [undefined, 'light', 'rgb(255, 255, 255)'],
] as const)
  test(`with theme ${theme} in a ${system} system, the frame has the panel’s lightness`, async ({ page, visit }) => {
    await page.emulateMedia({ colorScheme: system })
    const chat = await visit({ data: theme ? { theme } : {} })
    await hold(page, /panel-[\w-]{8}\.js/)
    await chat.launcher.click()
    await expect(page.locator('loacl-chat .notice')).toHaveCSS('background-color', background)
  })

test('a panel from npm is called off as well', async ({ page, visit }) => {
  const letGo = await hold(page, /\/widget\.js/)
  const chat = await visit({ variant: 'npm' })
  await chat.launcher.click()
  const frame = page.locator('loacl-chat .notice')
  await expect(frame).toBeVisible()
  await chat.launcher.click()
  await expect(frame).toBeHidden()
  const come = page.waitForResponse(/\/widget\.js/)
  letGo()
  await (await come).finished()
  // Were it to open, it would by then: opening takes two tasks.
  await page.evaluate(async () => {
    for (let frames = 0; frames < 20; frames++) await new Promise(requestAnimationFrame)
  })
  await expect(chat.panel).toBeHidden()
  await chat.launcher.click()
  await expect(chat.composer).toBeVisible()
})

test('a visitor who writes elsewhere by the time the panel comes keeps the keyboard there', async ({ page, visit }) => {
  const chat = await visit()
  const letGo = await hold(page, /panel-[\w-]{8}\.js/)
  await chat.launcher.click()
  const field = page.getByLabel('Search')
  await field.fill('pass')
  letGo()
  await expect(chat.composer).toBeVisible()
  await page.keyboard.type('word')
  await expect(field).toHaveValue('password')
  await expect(chat.composer).toHaveValue('')
})

for (const [where, viewport] of [
  ['a large screen', { width: 1280, height: 720 }],
  ['a phone', { width: 390, height: 844 }],
] as const)
  test(`an element taken out before its panel has come leaves nothing: ${where}`, async ({ page, visit }) => {
    await page.setViewportSize(viewport)
    const wrong: string[] = []
    page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()))
    const chat = await visit()
    const letGo = await hold(page, /panel-[\w-]{8}\.js/)
    await chat.launcher.click()
    const element = await page.locator('loacl-chat').elementHandle()
    // Resolves when the widget that came too late has gone. In an object, or it would be waited for here.
    const gone = await element!.evaluateHandle((host) => {
      let widget: unknown = null
      const promise = new Promise<void>((resolve) =>
        Object.defineProperty(host, 'widget', {
          get: () => widget,
          set(next: unknown) {
            if (widget && !next) resolve()
            widget = next
          },
        }),
      )
      host.remove()
      return { promise }
    })
    letGo()
    await gone.evaluate(({ promise }) => promise)
    expect(await element!.evaluate((host) => host.shadowRoot!.querySelector('dialog'))).toBeNull()
    await element!.evaluate((host) => document.body.append(host))
    await expect(chat.panel).toBeHidden()
    await expect(page.locator('loacl-chat .notice')).toBeHidden()
    await chat.launcher.click()
    await expect(chat.composer).toBeVisible()
    expect(wrong).toEqual([])
  })

test('of two chats, the frame is of the one that was open, and the other opens at the first press', async ({
  page,
  pageUrl,
  owner,
}) => {
  const other = await owner.addAssistant()
  await page.goto(pageUrl({ variant: 'two', data: { 'second-assistant': other } }))
  const first = new Chat(page, page.locator('loacl-chat#first'))
  const second = new Chat(page, page.locator('loacl-chat#second'))
  await second.open()
  const letGo = await hold(page, /panel-[\w-]{8}\.js/)
  await page.reload()
  await expect(page.locator('#second .notice')).toBeVisible()
  await expect(page.locator('#first .notice')).toBeHidden()
  await first.launcher.click()
  letGo()
  await expect(first.composer).toBeVisible()
})
