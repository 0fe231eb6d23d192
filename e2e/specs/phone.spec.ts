import { expect, test, unique } from '../support/fixtures.ts'

test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 })

test('on a phone the chat fills the screen', async ({ visit, page }) => {
  const chat = await visit()
  await chat.launcher.tap()
  await expect(chat.composer).toBeVisible()
  await expect.poll(() => chat.panel.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 })
  await expect(chat.composer).toBeInViewport({ ratio: 1 })
  await expect(chat.close).toBeInViewport({ ratio: 1 })
  // Below 16 pixels iOS zooms in on focus.
  const size = await chat.composer.evaluate((field) => Number.parseFloat(getComputedStyle(field).fontSize))
  expect(size).toBeGreaterThanOrEqual(16)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
})

test('the page behind it stays where it is, and can be scrolled again afterwards', async ({ visit, page }) => {
  const chat = await visit()
  const scrolled = (): Promise<number> =>
    page.evaluate(async () => {
      for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame)
      return scrollY
    })
  await chat.launcher.tap()
  await expect(chat.composer).toBeVisible()
  await page.mouse.move(195, 400)
  await page.mouse.wheel(0, 300)
  expect(await scrolled()).toBe(0)

  await chat.close.tap()
  await expect(chat.panel).toBeHidden()
  await page.mouse.wheel(0, 300)
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0)
})

test('with a keyboard in the way the composer stays in sight', async ({ visit, page }) => {
  const chat = await visit()
  await chat.launcher.tap()
  await expect(chat.composer).toBeVisible()
  await page.setViewportSize({ width: 390, height: 380 })
  await expect(chat.composer).toBeInViewport({ ratio: 1 })
  await expect(chat.send).toBeInViewport({ ratio: 1 })
  // Where nothing was said yet, there is no latest to jump to.
  await expect(chat.questions).toBeVisible()
  await expect(chat.panel.getByRole('button', { name: 'Jump to latest' })).toBeHidden()
  const question = unique('Is this still visible?')
  await chat.ask(question)
  await expect(chat.composer).toBeInViewport({ ratio: 1 })
  await chat.answered()
})

test('what can be tapped is large enough', async ({ visit }) => {
  const chat = await visit()
  await chat.launcher.tap()
  await expect(chat.questions).toBeVisible()
  for (const button of await chat.panel.getByRole('button').all()) {
    const box = (await button.boundingBox())!
    expect(Math.min(box.width, box.height), await button.innerText()).toBeGreaterThanOrEqual(24)
  }
})
