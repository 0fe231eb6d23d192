import type { Page } from '@playwright/test'
import { Chat } from '../support/chat.ts'
import { expect, test } from '../support/fixtures.ts'

type Command = (...command: unknown[]) => void
const give = (page: Page, ...commands: string[]): Promise<void> =>
  page.evaluate((names) => {
    for (const name of names) (window as unknown as { loacl: Command }).loacl(name)
  }, commands)

test('on a page that is zoomed by its style, the panel stands in the window, above the launcher', async ({
  page,
  visit,
}) => {
  const chat = await visit()
  await page.addStyleTag({ content: 'html { zoom: 1.25 }' })
  await chat.open()
  await expect(chat.panel).toBeInViewport({ ratio: 1 })
  const [panel, launcher] = [await chat.panel.boundingBox(), await chat.launcher.boundingBox()]
  expect(panel!.y + panel!.height).toBeLessThanOrEqual(launcher!.y)
})

test('a chat that opens by itself and can’t be fetched says nothing until somebody presses', async ({
  page,
  pageUrl,
}) => {
  await page.route(/panel-[\w-]{8}\.js/, (route) => route.fulfill({ status: 404 }))
  const failed = page.waitForEvent('console', (message) => message.text().includes('LoaclError'))
  await page.goto(pageUrl({ data: { open: 'true' } }))
  await failed
  const chat = new Chat(page)
  const notice = page.locator('loacl-chat .notice')
  await expect(notice).toBeHidden()
  await chat.launcher.click()
  await expect(notice).toContainText('did not load')
  await give(page, 'close')
  await expect(notice).toBeHidden()
})

for (const [commands, isOpen] of [
  ['open close', false],
  ['toggle toggle', false],
  ['toggle close', false],
  ['open toggle', false],
  ['close open', true],
  ['open close toggle', true],
  ['toggle toggle toggle', true],
] as const)
  for (const isThere of [false, true])
    test(`of "${commands}" the last counts, ${isThere ? 'once' : 'before'} the panel has come`, async ({
      page,
      visit,
    }) => {
      let letGo!: () => void
      const released = new Promise<void>((resolve) => (letGo = resolve))
      await page.route(/panel-[\w-]{8}\.js/, async (route) => {
        await released
        await route.continue()
      })
      const chat = await visit()
      await expect(chat.launcher).toBeVisible()
      const come = page.waitForResponse(/panel-[\w-]{8}\.js/)
      if (isThere) {
        letGo()
        await chat.launcher.hover()
        await page.waitForFunction(() => (window as unknown as { loacl: { get(): unknown } }).loacl.get())
      }
      await give(page, ...commands.split(' '))
      if (!isThere) await expect(page.locator('loacl-chat .notice')).toBeVisible({ visible: isOpen })
      letGo()
      await (await come).finished()
      // Were it to open, it would by then: opening takes two tasks.
      await page.evaluate(async () => {
        for (let frames = 0; frames < 20; frames++) await new Promise(requestAnimationFrame)
      })
      await expect(chat.panel).toBeVisible({ visible: isOpen })
    })
