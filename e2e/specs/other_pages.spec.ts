import type { Locator, Page } from '@playwright/test'
import { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'

type ChatElement = HTMLElement & { widget: unknown }
type Command = (...command: unknown[]) => void
const give = (page: Page, ...command: unknown[]): Promise<void> =>
  page.evaluate((words) => (window as unknown as { loacl: Command }).loacl(...words), command)

test.describe('a page whose body is replaced', () => {
  for (const [how, go] of [
    [
      'by a link',
      (page: Page) => page.getByRole('link', { name: 'Next' }).evaluate((link) => (link as HTMLElement).click()),
    ],
    [
      'by a refresh that morphs',
      (page: Page) =>
        page.evaluate(() => {
          document.querySelector('#step')!.textContent = 'Old'
          const { Turbo } = window as unknown as { Turbo: { visit(url: string, options: object): void } }
          Turbo.visit(location.href, { action: 'replace' })
        }),
    ],
  ] as const)
    test(`keeps the open panel, its draft and the keyboard: ${how}`, async ({ visit, page }) => {
      const chat = await visit({ variant: 'turbo' })
      await chat.open()
      const question = unique('Will you stay?')
      await chat.askAndWait(question)
      await chat.composer.fill('half a thou')
      const rendered = page.evaluate(
        () => new Promise((resolve) => addEventListener('turbo:render', resolve, { once: true })),
      )
      await go(page)
      await rendered
      await expect(page.locator('#step')).toHaveText(how === 'by a link' ? 'Step 2' : 'Step 1')
      await expect(chat.composer).toBeFocused()
      await page.keyboard.type('ght')
      await expect(chat.composer).toHaveValue('half a thought')
      await expect(chat.message(question)).toBeVisible()

      if (how === 'by a link') {
        await page.goBack()
        await expect(page.locator('#step')).toHaveText('Step 1')
        await expect(chat.composer).toHaveValue('half a thought')
      }
      await expect(page.locator('loacl-chat')).toHaveCount(1)
      await chat.close.click()
      await expect(chat.launcher).toBeFocused()
    })

  test('keeps the launcher, and what is asked of the widget', async ({ visit, page }) => {
    const chat = await visit({ variant: 'turbo' })
    await page.getByRole('link', { name: 'Next' }).click()
    await expect(page.locator('#step')).toHaveText('Step 2')
    await expect(chat.launcher).toBeVisible()
    await give(page, 'open')
    await expect(chat.composer).toBeVisible()
  })
})

test('an element that the page took out leaves nothing, and is a chat again where it is put back', async ({
  visit,
  page,
  target,
}) => {
  const chat = await visit({ variant: 'bare' })
  await page.addScriptTag({ url: `${target.assetsOrigin}/loacl.js` })
  const browser = await page.context().newCDPSession(page)
  const count = async () => {
    await browser.send('HeapProfiler.collectGarbage')
    const { metrics } = (await browser.send('Performance.getMetrics')) as { metrics: { name: string; value: number }[] }
    const valueOf = (name: string) => metrics.find((metric) => metric.name === name)!.value
    return { nodes: valueOf('Nodes'), listeners: valueOf('JSEventListeners') }
  }
  await browser.send('Performance.enable')
  const openAndTakeOut = async (rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      await give(page, 'mount', { url: target.url, key: target.key, assistant: target.assistantId })
      await give(page, 'open')
      await expect(chat.composer).toBeVisible()
      await expect(chat.questions).toBeVisible()
      await page.evaluate(async () => {
        const element = document.querySelector('loacl-chat')! as ChatElement
        element.remove()
        while (element.widget) await new Promise((resolve) => setTimeout(resolve))
      })
    }
  }
  await openAndTakeOut(3)
  const before = await count()
  await openAndTakeOut(8)
  // A widget has some 30 of each. What one collection leaves, another takes.
  await expect
    .poll(async () => {
      const { nodes, listeners } = await count()
      return [nodes - before.nodes < 8, listeners - before.listeners < 8]
    })
    .toEqual([true, true])

  await give(page, 'mount', { url: target.url, key: target.key, assistant: target.assistantId })
  await give(page, 'open')
  await chat.composer.fill('kept')
  await page.evaluate(async () => {
    const element = document.querySelector('loacl-chat')! as ChatElement
    element.remove()
    while (element.widget) await new Promise((resolve) => setTimeout(resolve))
    document.body.append(element)
  })
  await expect(chat.composer).toHaveValue('kept')
})

test('a panel that the owner wants open stays closed once the visitor closed it', async ({ page, visit }) => {
  const chat = await visit({ data: { open: 'true' } })
  await expect(chat.composer).toBeVisible()
  await chat.close.click()
  await page.reload()
  await expect(chat.launcher).toBeVisible()
  await page.waitForLoadState('networkidle')
  await expect(chat.panel).toBeHidden()
})

test('a panel that was open is open again on the next page, with the answer that is running', async ({
  page,
  visit,
  model,
}) => {
  const question = unique('Do you go on?')
  await model.says(question, { text: 'One two three four five.', holdAfter: 8 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await expect(chat.log).toContainText('One two')
  await page.reload()
  await expect(chat.log).toContainText('One two')
  await expect(page.locator('body')).toBeFocused()
  await model.says(question, 'One two three four five.')
  await expect(chat.log).toContainText('four five.')
})

test('a lock of the page’s own is left as the page has it', async ({ page, visit }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  const chat = await visit()
  await page.evaluate(() => (document.documentElement.style.overflow = 'hidden'))
  await chat.launcher.click()
  await expect(chat.composer).toBeVisible()
  await page.evaluate(() => document.documentElement.style.removeProperty('overflow'))
  const overflow = () => page.evaluate(() => getComputedStyle(document.documentElement).overflowY)
  expect(await overflow()).toBe('hidden')
  await chat.close.click()
  await expect.poll(overflow).toBe('visible')
})

for (const style of ['user-select: none', 'transform: translateZ(0)', 'filter: grayscale(1)'])
  test(`stands in the window, and can be selected, where the body has ${style}`, async ({ page, visit }) => {
    const chat = await visit()
    await page.addStyleTag({ content: `body { ${style} }` })
    await expect(chat.launcher).toBeInViewport({ ratio: 1 })
    await chat.open()
    const question = unique('Can I copy you?')
    await chat.askAndWait(question)
    await expect(chat.panel).toBeInViewport({ ratio: 1 })
    const answer = chat.log.locator('.theirs p').first()
    await answer.click({ clickCount: 3 })
    const selected = () =>
      page.evaluate(() => {
        const root = document.querySelector('loacl-chat')!.shadowRoot as ShadowRoot & { getSelection?(): Selection }
        return `${(root.getSelection?.() ?? getSelection())!}`.trim()
      })
    expect(await selected()).toBe(await answer.innerText())
  })

test('the launcher says what it does, and Escape on it closes', async ({ page, visit }) => {
  const chat = await visit()
  await chat.open()
  const launcher = page.locator('loacl-chat').getByRole('button', { name: 'Close chat' }).and(page.locator('.launcher'))
  await launcher.focus()
  await page.keyboard.press('Escape')
  await expect(chat.panel).toBeHidden()
  await expect(chat.launcher).toBeFocused()
})

test('of two panels in one place, opening one closes the other; apart, both stay', async ({ page, pageUrl }) => {
  await page.goto(pageUrl({ variant: 'two' }))
  const [first, second] = ['#first', '#second'].map((id) => new Chat(page, page.locator(id))) as [Chat, Chat]
  await first.launcher.click()
  await expect(first.composer).toBeVisible()
  await second.launcher.click()
  await expect(second.composer).toBeFocused()
  await expect(first.panel).toBeHidden()
  await page.addStyleTag({ content: '#second { --loacl-offset-inline: 500px }' })
  await first.launcher.click()
  await expect(first.composer).toBeFocused()
  await expect(second.panel).toBeVisible()
})

const sizeOf = (locator: Locator) => locator.evaluate((element) => parseFloat(getComputedStyle(element).fontSize))

test('the text follows the size that is set in the browser, whatever the page makes of it', async ({
  visit,
  playwright,
  pageUrl,
}) => {
  const sizes: number[] = []
  for (const size of [16, 24]) {
    const browser = await playwright.chromium.launch({
      ...(process.env.LOACL_CHROMIUM && { executablePath: process.env.LOACL_CHROMIUM }),
      args: [`--blink-settings=defaultFontSize=${size}`],
    })
    const page = await browser.newPage()
    await page.goto(pageUrl())
    await page.addStyleTag({ content: 'html { font-size: 62.5% }' })
    const chat = new Chat(page)
    await chat.open()
    sizes.push(await sizeOf(chat.panel), await sizeOf(chat.composer))
    await browser.close()
  }
  expect(sizes).toEqual([15, 15, 22.5, 22.5])
  expect(visit).toBeDefined()
})

test.describe('on a tablet', () => {
  test.use({ viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true })

  test('nothing takes the keyboard, and all is large enough for a finger', async ({ visit }) => {
    const chat = await visit()
    await chat.launcher.tap()
    await expect(chat.questions).toBeVisible()
    await expect(chat.panel).toBeFocused()
    expect(await chat.composer.evaluate((field) => parseFloat(getComputedStyle(field).fontSize))).toBe(16)
    for (const button of await chat.panel.getByRole('button').all()) {
      const box = (await button.boundingBox())!
      expect(Math.min(box.width, box.height), await button.innerText()).toBeGreaterThanOrEqual(44)
    }
  })

  test('the panel stands above the keyboard', async ({ visit, page }) => {
    await page.addInitScript(() => {
      const real = visualViewport!
      const fake = new EventTarget() as EventTarget & { height: number; offsetTop: number; scale: number }
      Object.assign(fake, { height: real.height, offsetTop: 0, scale: 1 })
      Object.defineProperty(window, 'visualViewport', { value: fake })
    })
    const chat = await visit()
    await chat.launcher.tap()
    await expect(chat.composer).toBeVisible()
    await page.evaluate(() => {
      Object.assign(visualViewport!, { height: 700 })
      visualViewport!.dispatchEvent(new Event('resize'))
    })
    const bottom = async () => {
      const box = (await chat.panel.boundingBox())!
      return [box.y >= 0, box.y + box.height <= 700]
    }
    await expect.poll(bottom).toEqual([true, true])
  })
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })

  test('Enter begins a new line, and a button sends', async ({ visit, page }) => {
    const chat = await visit()
    await chat.open()
    await chat.composer.fill('one')
    await chat.composer.press('Enter')
    await page.keyboard.type('two')
    await expect(chat.composer).toHaveValue('one\ntwo')
    await chat.send.tap()
    await expect(chat.message('one\ntwo')).toBeVisible()
  })

  test('it opens by itself where the owner says so for phones', async ({ visit }) => {
    const chat = await visit({ data: { open: 'always' } })
    await expect(chat.composer).toBeVisible()
  })

  test('it does not open by itself, and is marked where it was open', async ({ page, pageUrl }) => {
    const chat = new Chat(page)
    await page.goto(pageUrl({ data: { open: 'true' } }))
    await page.waitForLoadState('networkidle')
    await expect(chat.panel).toBeHidden()
    await expect(chat.launcher.locator('i')).toHaveCount(0)
    await chat.launcher.tap()
    await expect(chat.composer).toBeVisible()
    await page.reload()
    await expect(chat.launcher.locator('i')).toBeVisible()
    await expect(chat.panel).toBeHidden()
    await chat.launcher.tap()
    await chat.close.tap()
    await expect(chat.launcher.locator('i')).toBeHidden()
  })
})
