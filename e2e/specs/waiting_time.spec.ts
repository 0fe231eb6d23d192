import type { Locator, Page } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

const REQUEST_ID = '0b7c0d5e-9b0a-4d39-8c57-0a4b2f1f5c11'

/** The next question is refused, and those after it go through. */
const refuseOnce = (page: Page, code: string, retryAfterMs: number) =>
  page.route(
    '**/loacl-chat/turns',
    (route) =>
      route.fulfill({
        status: 429,
        headers: { 'access-control-allow-origin': '*' },
        json: { error: { code, message: 'For people.', requestId: REQUEST_ID, retryAfterMs } },
      }),
    { times: 1 },
  )

/** Waits until it is in sight, or no longer. Words are fetched, and views drawn, in tasks that a stopped clock withholds. */
const runUntil = (page: Page, locator: Locator, visible: boolean) =>
  expect
    .poll(async () => {
      await page.clock.runFor(1)
      return locator.isVisible()
    })
    .toBe(visible)

test('who has to wait sees the time go by, and can try again when it is over', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await page.clock.install()
  await page.clock.pauseAt(Date.now() + 60_000)
  await refuseOnce(page, 'rate_limited', 181_000)
  const question = unique('Too fast?')
  await chat.ask(question)

  const timer = chat.alert.getByRole('timer')
  await runUntil(page, timer, true)
  await expect(timer).toHaveText('You can go on in 4 minutes.')
  await expect(timer).toHaveAttribute('aria-live', 'off')
  await expect(chat.retry).toBeDisabled()
  await page.clock.runFor(61_000)
  await expect(timer).toHaveText('You can go on in 2 minutes.')
  await page.clock.runFor(61_000)
  await expect(timer).toHaveText('You can go on in 59 seconds.')
  await page.clock.runFor(1000)
  await expect(timer).toHaveText('You can go on in 58 seconds.')

  // Whoever comes back to it sees the time as it is now.
  await chat.conversations.click()
  await runUntil(page, timer, false)
  await page.clock.runFor(8000)
  await chat.conversations.click()
  await runUntil(page, timer, true)
  await expect(timer).toHaveText('You can go on in 50 seconds.')
  await page.clock.runFor(49_000)
  await expect(timer).toHaveText('You can go on in 1 second.')
  await expect(chat.retry).toBeDisabled()
  await page.clock.runFor(1000)
  await expect(timer).toBeHidden()
  await chat.retry.click()
  await page.clock.resume()
  await chat.answered()
  await expect(chat.message(question)).toHaveCount(1)
  await expect(chat.alert).toBeHidden()
})

test('a closed panel counts nothing, and an open one goes on from where the time is', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await page.clock.install()
  await page.clock.pauseAt(Date.now() + 60_000)
  await refuseOnce(page, 'rate_limited', 50_000)
  await chat.ask(unique('Too fast?'))
  const timer = chat.alert.getByRole('timer')
  await runUntil(page, timer, true)
  await expect(timer).toHaveText('You can go on in 50 seconds.')
  await chat.close.click()
  // What was set before ends with it.
  await page.clock.runFor(1000)
  await page.clock.runFor(9000)
  await expect(page.locator('[role=timer]')).toHaveText('You can go on in 49 seconds.')
  await chat.launcher.click()
  // Opening takes tasks of its own.
  await page.clock.runFor(100)
  await expect(timer).toBeVisible()
  await page.clock.runFor(100)
  await expect(timer).toHaveText('You can go on in 40 seconds.')
  await page.clock.runFor(40_000)
  await expect(chat.retry).toBeEnabled()
})

test('a code is for who asks for it, and on the console for the developer', async ({ visit, page }) => {
  const told: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().startsWith('loacl')) told.push(message.text())
  })
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await refuseOnce(page, 'budget_exceeded', 7_200_000)
  await chat.ask(unique('What does it cost?'))
  await expect(chat.alert).toContainText('This chat has reached its limit for now. You can go on in 2 hours.')
  const code = chat.alert.getByText(`budget_exceeded ${REQUEST_ID}`)
  await expect(code).toBeHidden()
  await chat.alert.getByText('Details').click()
  await expect(code).toBeVisible()
  await chat.close.click()
  await chat.open()
  await expect(code).toBeVisible()
  expect(told).toHaveLength(1)
  expect(told[0]).toContain(`loacl budget_exceeded ${REQUEST_ID} LoaclError: For people.`)
})

test('until the assistant’s name is known, the chat says that it loads', async ({ visit, page }) => {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  await page.route('**/rpc/open_session', async (route) => {
    await opened
    await route.continue()
  })
  const chat = await visit()
  await chat.open()
  await expect(chat.panel.getByRole('heading')).toHaveText('Chat')
  await expect(chat.composer).toHaveAttribute('placeholder', 'Ask a question…')
  await chat.ask(unique('Is anybody there?'))
  await expect(chat.log).toContainText('Loading…')
  await expect(chat.panel.getByRole('status')).toHaveText('Loading…')
  await expect(chat.panel).not.toContainText('is thinking')
  open()
  await chat.answered()
  await expect(chat.panel.getByRole('heading')).not.toHaveText('Chat')
})
