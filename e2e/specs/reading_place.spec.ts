import type { Page } from '@playwright/test'
import type { Chat } from '../support/chat.ts'
import { expect, goTo, test, unique } from '../support/fixtures.ts'
import { readPlace } from '../support/reading_place.ts'

const LONG = Array.from(
  { length: 12 },
  (_, index) => `Paragraph ${index + 1}. ${'And-so-it-goes-on-and-on-again. '.repeat(7)}`,
).join('\n\n')
const FOLLOW_UPS = ['And then?', 'Is there more?']

const jump = (chat: Chat) => chat.panel.getByRole('button', { name: 'Jump to latest' })

const topOf = async (page: Page, text: string): Promise<number> => {
  const { messages } = await page.evaluate(readPlace)
  return messages.find((message) => message.text.startsWith(text))?.top ?? Number.NaN
}

/** The question stands at the top of the view. */
const expectAtTop = (page: Page, question: string) => expect.poll(() => topOf(page, question).then(Math.round)).toBe(20)

const expectEnd = (page: Page) =>
  expect
    .poll(async () => {
      const { end, height } = await page.evaluate(readPlace)
      return Math.abs(height - end - 20)
    })
    .toBeLessThan(2)

/** After all that a frame brings: layout, observers and the events of scrolling. */
const settled = (page: Page) =>
  page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
  })

for (const [name, options] of [
  ['in the panel', {}],
  ['with reduced motion', { reducedMotion: 'reduce' }],
  ['at 200% zoom', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
  ['on a phone with its keyboard up', { viewport: { width: 390, height: 380 }, isMobile: true, hasTouch: true }],
] as const)
  test.describe(name, () => {
    test.use(options as never)

    test(
      `the first question and a later one stand at the top while long answers come, ${name}`,
      { tag: '@local' },
      async ({ visit, model, page }) => {
        const chat = await visit()
        await chat.open()
        for (const [index, question] of [unique('How does it begin?'), unique('How does it go on?')].entries()) {
          const answer = chat.log.locator('[part=answer]').nth(index)
          await model.says(question, { text: LONG, holdAfter: 30 })
          await chat.ask(question)
          await expect(answer).toContainText('Paragraph 1.')
          await expectAtTop(page, question)
          await model.says(question, { text: LONG, holdAfter: 2_000, followUps: FOLLOW_UPS })
          await expect(answer).toContainText('Paragraph 8.')
          await settled(page)
          await expectAtTop(page, question)
          await model.says(question, { text: LONG, followUps: FOLLOW_UPS })
          await chat.answered()
          await expect(chat.followUps).toBeAttached()
          await settled(page)
          await expectAtTop(page, question)
          await expect(jump(chat)).toBeVisible()
        }
        await jump(chat).click()
        await expectEnd(page)
        await expect(jump(chat)).toBeHidden()
      },
    )
  })

test('a short answer has room below it and nothing to jump to', { tag: '@local' }, async ({ visit, model, page }) => {
  const [first, second] = [unique('How does it begin?'), unique('Is it over?')]
  await model.says(first, { text: LONG, followUps: FOLLOW_UPS })
  await model.says(second, { text: 'It is.', followUps: FOLLOW_UPS })
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(first)
  await chat.askAndWait(second)
  await expect(chat.followUps).toBeInViewport({ ratio: 1 })
  await settled(page)
  await expectAtTop(page, second)
  await expect(jump(chat)).toBeHidden()
  // The room is used up by what comes next.
  const third = unique('And now?')
  await chat.askAndWait(third)
  await settled(page)
  await expectAtTop(page, third)
})

test('a new conversation has no room below its greeting', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  expect(await chat.log.evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0)
  await chat.askAndWait(unique('Is there room?'))
  await chat.newChat.click()
  await expect(chat.questions).toBeVisible()
  await settled(page)
  expect(await chat.log.evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0)
})

test('a greeting is read from its beginning', async ({ visit, page }) => {
  await page.setViewportSize({ width: 360, height: 300 })
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeAttached()
  await settled(page)
  expect(await chat.log.evaluate((box) => box.scrollHeight - box.clientHeight)).toBeGreaterThan(0)
  expect(await chat.log.evaluate((box) => box.scrollTop)).toBe(0)
})

test(
  'what the page sends while the panel is closed is at the top when it opens',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const [first, second] = [unique('How does it begin?'), unique('And behind the door?')]
    await model.says(first, LONG)
    await model.says(second, { text: LONG, holdAfter: 30 })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    await expectAtTop(page, first)
    await chat.close.click()
    await page.evaluate(
      (text) => void (window as unknown as { loacl: (...command: string[]) => void }).loacl('send', text),
      second,
    )
    await expect(page.locator('[part=answer]')).toHaveCount(2)
    await chat.open()
    await expectAtTop(page, second)
    await model.says(second, LONG)
    await chat.answered()
    await settled(page)
    await expectAtTop(page, second)
  },
)

test(
  'of a question taller than the view the end shows, and the answer below it',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('And so it goes on. '.repeat(150))
    await model.says(question, { text: LONG, followUps: FOLLOW_UPS })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await settled(page)
    const { height, messages } = await page.evaluate(readPlace)
    expect(messages[0]!.bottom - messages[0]!.top).toBeGreaterThan(height)
    expect(messages[0]!.bottom).toBeCloseTo(height * 0.4, -1)
    await expect(chat.log.getByText('Paragraph 1.')).toBeInViewport({ ratio: 1 })
  },
)

test('an error and another try leave the question at the top', { tag: '@local' }, async ({ visit, model, page }) => {
  const [first, second] = [unique('How does it begin?'), unique('Does it fail?')]
  await model.says(first, LONG)
  await model.says(second, { text: LONG, cutAfter: 900 })
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(first)
  const answer = chat.log.locator('[part=answer]').nth(1)
  await chat.ask(second)
  await expect(chat.alert).not.toBeEmpty()
  await settled(page)
  await expectAtTop(page, second)
  await model.says(second, { text: LONG, holdAfter: 2_000, followUps: [] })
  await jump(chat).click()
  await chat.retry.click()
  await expect(answer).toContainText('Paragraph 8.')
  await settled(page)
  await expectAtTop(page, second)
  // Another answer in place of a whole one.
  await chat.stop.click()
  await chat.answered()
  await jump(chat).click()
  await expectEnd(page)
  await model.says(second, { text: LONG, holdAfter: 2_000, followUps: [] })
  await chat.retry.click()
  await expect(answer.locator('.under')).toHaveCount(0)
  await expect(answer).toContainText('Paragraph 8.')
  await settled(page)
  await expectAtTop(page, second)
  await model.says(second, LONG)
  await chat.answered()
})

test(
  'a keyboard that opens and closes leaves the question at the top',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const [first, second, third] = [unique('How does it begin?'), unique('Is it short?'), unique('Is it long?')]
    await model.says(first, LONG)
    await model.says(second, { text: 'It is.', followUps: [] })
    await model.says(third, { text: LONG, holdAfter: 600 })
    await page.setViewportSize({ width: 390, height: 844 })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    for (const question of [second, third]) {
      await page.setViewportSize({ width: 390, height: 480 })
      await chat.ask(question)
      await settled(page)
      await expectAtTop(page, question)
      for (const height of [844, 480, 844]) {
        await page.setViewportSize({ width: 390, height })
        await settled(page)
        await expectAtTop(page, question)
      }
      if (question === second) await chat.answered()
    }
    await model.says(third, LONG)
    await chat.answered()
    // At the end, the keyboard covers nothing of it.
    await jump(chat).click()
    await expectEnd(page)
    await page.setViewportSize({ width: 390, height: 480 })
    await settled(page)
    await expectEnd(page)
  },
)

test(
  'who scrolls while it streams stays there; who goes to the end follows it',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('How does it begin?')
    await model.says(question, { text: LONG, holdAfter: 1_500 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    const answer = chat.log.locator('[part=answer]')
    await expect(answer).toContainText('Paragraph 6.')
    await chat.log.hover()
    await page.mouse.wheel(0, 150)
    await expect.poll(() => topOf(page, question).then(Math.round)).toBe(-130)
    await model.says(question, { text: LONG, holdAfter: 2_200 })
    await expect(answer).toContainText('Paragraph 9.')
    await settled(page)
    expect(Math.round(await topOf(page, question))).toBe(-130)

    await jump(chat).click()
    await expectEnd(page)
    await model.says(question, { text: LONG, holdAfter: 2_600 })
    await expect(answer).toContainText('Paragraph 10.')
    await expectEnd(page)
    await chat.log.hover()
    await page.mouse.wheel(0, -100)
    await expect(jump(chat)).toBeVisible()
    await page.mouse.wheel(0, 9_000)
    await expectEnd(page)
    await settled(page)
    await model.says(question, { text: LONG, followUps: FOLLOW_UPS })
    await chat.answered()
    await expectEnd(page)
    await expect(chat.followUps).toBeInViewport({ ratio: 1 })
  },
)

test(
  'the place that is read comes back after closing, the list, another conversation and a reload',
  {
    tag: '@local',
  },
  async ({ visit, model, owner, page }) => {
    const [first, other] = [unique('How does it begin?'), unique('What else?')]
    await model.says(first, { text: LONG, title: 'The first one', followUps: FOLLOW_UPS })
    await model.says(other, { text: LONG, title: 'The other one', followUps: FOLLOW_UPS })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    await chat.newChat.click()
    await chat.askAndWait(other)
    await owner.addLines(other, 30)
    await page.reload()
    await chat.open()
    await expectAtTop(page, other)
    await jump(chat).click()
    await expect(chat.message('line 30')).toBeInViewport()
    const open = async (title: string) => {
      await chat.conversations.click()
      await chat.panel.getByRole('button', { name: title }).click()
    }
    await open('The first one')
    await expectAtTop(page, first)

    await chat.log.hover()
    await page.mouse.wheel(0, 333)
    const expectPlace = () => expect.poll(() => topOf(page, first).then(Math.round)).toBe(20 - 333)
    await expectPlace()
    await settled(page)

    await chat.close.click()
    await expect(chat.panel).toBeHidden()
    await chat.open()
    await settled(page)
    await expectPlace()

    await chat.conversations.click()
    await expect(chat.log).toBeHidden()
    await chat.conversations.click()
    await settled(page)
    await expectPlace()

    await open('The other one')
    await expect(chat.message('line 30')).toBeInViewport()
    await expectEnd(page)
    await open('The first one')
    await expectPlace()

    await page.reload()
    await chat.open()
    await expectPlace()
    await jump(chat).click()
    await expectEnd(page)
    await page.reload()
    await chat.open()
    await expect(chat.followUps).toBeInViewport({ ratio: 1 })
    await expectEnd(page)
  },
)

test(
  'a message from another tab moves nobody who reads',
  { tag: '@local' },
  async ({ visit, model, page, context, pageUrl }) => {
    const [first, second] = [unique('How does it begin?'), unique('And elsewhere?')]
    await model.says(first, { text: LONG, followUps: FOLLOW_UPS })
    await model.says(second, { text: LONG, followUps: FOLLOW_UPS })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    await expectAtTop(page, first)
    const there = await goTo(await context.newPage(), pageUrl())
    await there.open()
    await expect(there.message(first)).toBeAttached()
    // Playwright keeps the focus in every page: this is what turning to the other tab does.
    await page.evaluate(() => window.dispatchEvent(new Event('blur')))
    await there.askAndWait(second)
    await expect(chat.message(second)).toBeAttached()
    await chat.answered()
    await settled(page)
    await expectAtTop(page, first)
  },
)

test('a wheel over the panel leaves the page where it is', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  const scrolled = () =>
    page.evaluate(async () => {
      for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame)
      return scrollY
    })
  for (const part of [chat.panel.locator('header h2'), chat.log, chat.composer]) {
    await part.hover()
    await page.mouse.wheel(0, 300)
    expect(await scrolled()).toBe(0)
  }
  await page.mouse.move(20, 20)
  await page.mouse.wheel(0, 300)
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0)
})
