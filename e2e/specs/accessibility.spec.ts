import { AxeBuilder } from '@axe-core/playwright'
import { type Page } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']

async function expectNoViolations(page: Page, state: string): Promise<void> {
  // Colours in the middle of a transition are nobody's choice.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))),
  )
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`,
  )
  expect(found, state).toEqual([])
}

/** Of a colour as red, green and blue from 0 to 255, by WCAG 2.2. */
function luminance(color: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = color
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [lighter, darker] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (lighter! + 0.05) / (darker! + 0.05)
}

for (const theme of ['light', 'dark'] as const) {
  test.describe(theme, () => {
    test.use({ colorScheme: theme, reducedMotion: 'reduce' } as never)

    test(
      `no WCAG 2.2 AA violation in any state, ${theme}`,
      { tag: '@local' },
      async ({ visit, page, model, owner }) => {
        const assistant = await owner.addAssistant({ showReasoning: true })
        const question = unique('What do you sell?')
        const failing = unique('What is out of stock?')
        await model.says(question, {
          text: '## Wares\n\n| Kind | Price |\n| --- | --- |\n| `bell` | 12 |\n\n- [lights](https://harbour.example/)\n\n```js\nring()\n```\n\n> Ask us.',
          reasoning: ['**Looking at the shelf**\n\nThere is a lot.'],
          sources: [{ url: 'https://harbour.example/wares' }, { filename: 'prices.pdf' }],
          followUps: ['Is there a discount?'],
        })
        await model.says(failing, { status: 500 })
        const chat = await visit({ assistant })
        await expectNoViolations(page, 'closed')
        await chat.open()
        await expectNoViolations(page, 'empty')
        await chat.askAndWait(question)
        await expect(chat.followUps).toBeVisible()
        await expectNoViolations(page, 'answered')
        await chat.log.locator('summary').first().click()
        await expectNoViolations(page, 'reasoning opened')
        await chat.ask(failing)
        await expect(chat.alert).toBeVisible()
        await expectNoViolations(page, 'error')
        await chat.conversations.click()
        await expect(chat.composer).toBeHidden()
        await expectNoViolations(page, 'conversations')
      },
    )

    test(
      `no WCAG 2.2 AA violation where the visitor is asked for approval, ${theme}`,
      { tag: '@local' },
      async ({ visit, page, model, owner }) => {
        const assistant = await owner.addAssistant()
        const calling = unique('Take it off my list.')
        await owner.addTool(assistant, {
          name: 'remove_item',
          words: { en: { title: 'Remove an item', sentence: 'It is gone for good.' } },
        })
        await model.says(calling, { calls: [[{ name: 'remove_item', arguments: { item: 'bell' } }]], text: 'Gone.' })
        const chat = await visit({ assistant })
        await chat.open()
        await chat.ask(calling)
        const request = chat.log.getByRole('group', { name: 'Remove an item' })
        await expect(request).toBeVisible()
        await expectNoViolations(page, 'asked for approval')
        await request.getByRole('button', { name: 'Deny' }).click()
        await chat.log.locator('summary', { hasText: 'Denied by you' }).click()
        await expect(chat.log.getByRole('group', { name: 'Sent' })).toBeVisible()
        await expectNoViolations(page, 'denied')
      },
    )

    // Axe looks at text alone. WCAG 1.4.11.
    test(`the edge of the field to write in stands out by three to one, ${theme}`, async ({ visit }) => {
      const chat = await visit()
      await chat.open()
      await chat.close.focus()
      const [edge, ...around] = await chat.composer.evaluate((composer) => {
        const field = composer.parentElement!
        const context = new OffscreenCanvas(1, 1).getContext('2d')!
        const colors = [field, field.closest('dialog')!].map((element) => getComputedStyle(element).backgroundColor)
        return [getComputedStyle(field).borderTopColor, ...colors].map((color) => {
          context.fillStyle = color
          context.fillRect(0, 0, 1, 1)
          return [...context.getImageData(0, 0, 1, 1).data]
        })
      })
      for (const color of around) expect(contrast(edge!, color)).toBeGreaterThanOrEqual(3)
    })
  })
}

test('a screen reader is told of the answer once, when it is whole', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('Where is the pump?')
  await model.says(question, { text: 'The pump stands by the door.', holdAfter: 9 })
  const chat = await visit()
  await chat.open()
  await expect(chat.log).toHaveAttribute('aria-label', 'Conversation')
  await chat.ask(question)
  await expect(chat.log).toContainText('The pump')
  // While it streams, the region is busy or off: each word by itself would be noise.
  await expect
    .poll(() =>
      chat.log.evaluate((log) => log.getAttribute('aria-busy') === 'true' || log.getAttribute('aria-live') === 'off'),
    )
    .toBe(true)
  await model.says(question, 'The pump stands by the door.')
  await chat.answered()
  await expect(
    chat.panel.getByRole('status').filter({ hasText: /answered|The pump stands by the door\./ }),
  ).toHaveCount(1)
  // Who reads on from the answer does not find it a second time.
  await expect(chat.panel.getByRole('status')).toBeEmpty()
})

test(
  'an answer is read out block by block, without its buttons, and nothing stale before it',
  { tag: '@local' },
  async ({ visit, model }) => {
    const [first, second] = [unique('How is it rung?'), unique('And again?')]
    const text = 'Like *this*.\n\n```js\nring()\n```\n\n| Bell | Price |\n|---|---|\n| Brass | 12 |'
    await model.says(first, { text, followUps: [] })
    await model.says(second, { text: 'Ring twice.', holdAfter: 5 })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    const status = chat.panel.getByRole('status')
    await expect(status).toContainText('answered')
    const spoken = (await status.textContent())!.split(/\s+/).join(' ')
    expect(spoken).toMatch(/ answered: Like this\. Code ring\(\) Bell Price Brass 12$/)
    await chat.ask(second)
    await expect(status).toHaveText(/is thinking$/)
  },
)

test(
  'an answer that was stopped or cut is said to be just that, with what came of it where nobody stopped it',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const [stopped, long, filtered] = [unique('How does rust begin?'), unique('And end?'), unique('And why?')]
    await model.says(stopped, { text: 'Where paint ends, and nowhere else.', holdAfter: 12 })
    await model.says(long, { text: 'It ends', incomplete: 'max_output_tokens' })
    await model.says(filtered, { text: 'Because', incomplete: 'content_filter' })
    const chat = await visit()
    await chat.open()
    const said = await chat.panel
      .locator('[role=status]')
      .last()
      .evaluateHandle((status) => {
        const all: string[] = []
        new MutationObserver(() => all.push(status.textContent!.trim())).observe(status, {
          childList: true,
          characterData: true,
          subtree: true,
        })
        return all
      })
    const heard = (): Promise<string[]> => said.evaluate((all) => all.splice(0))

    await chat.ask(stopped)
    await expect(chat.log).toContainText('Where paint')
    await chat.stop.click()
    await expect(chat.panel.getByRole('status')).toHaveText('You stopped this answer.')
    for (const [question, words] of [
      [long, 'This answer reached its length limit. It ends'],
      [filtered, 'This answer was cut short by a content filter. Because'],
    ] as const) {
      await chat.ask(question)
      await expect(chat.panel.getByRole('status')).toHaveText(words)
    }
    expect((await heard()).filter((words) => words.includes('answered'))).toEqual([])

    await page.reload()
    await chat.open()
    await chat.askAndWait(unique('And now?'))
    await expect(chat.panel.getByRole('status')).toContainText(' answered: Our lights')
  },
)

test('the conversation takes the keyboard under its role and name', async ({ visit }) => {
  const chat = await visit()
  await chat.open()
  await chat.log.focus()
  await expect(chat.log).toBeFocused()
  const nameless = await chat.panel.evaluate((panel) =>
    [...panel.querySelectorAll<HTMLElement>('*')]
      .filter((element) => element.tabIndex >= 0 && !/^(button|textarea|a)$/i.test(element.tagName))
      .filter((element) => !element.role || !element.ariaLabel)
      .map((element) => `${element.tagName} ${element.className}`),
  )
  expect(nameless).toEqual([])
})

test('what can be done with an answer is there to be seen', { tag: '@local' }, async ({ visit }) => {
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Can this be copied?'))
  const icon = chat.panel.getByRole('button', { name: 'Copy answer' }).locator('svg')
  await expect(icon).toHaveCSS('opacity', '1')
})

test.describe('with forced colours', () => {
  test.use({ contextOptions: { forcedColors: 'active' } })

  test('the composer shows that it has the keyboard', async ({ visit, page }) => {
    const chat = await visit()
    await chat.open()
    const outline = () =>
      chat.composer.evaluate((box) => getComputedStyle(box.closest('form')!.firstElementChild!).outlineStyle)
    await expect(chat.composer).toBeFocused()
    expect(await outline()).toBe('solid')
    await page.keyboard.press('Shift+Tab')
    expect(await outline()).toBe('none')
  })
})

test.describe('at 400% zoom', () => {
  test.use({ viewport: { width: 320, height: 256 } })

  test('the name and the greeting can be read, and nothing scrolls sideways', async ({ visit, page }) => {
    const chat = await visit()
    await chat.open()
    await expect(chat.questions).toBeVisible()
    const title = chat.panel.getByRole('heading', { level: 2 })
    expect(await title.evaluate((it) => it.scrollWidth - it.clientWidth)).toBeLessThanOrEqual(0)
    await expect(chat.log.getByRole('paragraph').first()).toBeInViewport({ ratio: 0.5 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  })
})

test.describe('in a low, wide window', () => {
  test.use({ viewport: { width: 1200, height: 400 } })

  test('lines stay short enough to read', async ({ visit }) => {
    const chat = await visit()
    await chat.open()
    await expect(chat.questions).toBeVisible()
    for (const part of [chat.questions, chat.composer])
      expect((await part.boundingBox())!.width).toBeLessThanOrEqual(720)
  })
})

test('the panel is named, and each message says whose it is', async ({ visit }) => {
  const question = unique('Who are you?')
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const snapshot = await chat.log.ariaSnapshot()
  expect(snapshot).toMatch(/You/)
  expect(snapshot).toContain(question)
})
