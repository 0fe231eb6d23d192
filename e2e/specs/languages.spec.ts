import { expect, test, unique } from '../support/fixtures.ts'

const directionOf = (element: Element): string => getComputedStyle(element).direction

test('Arabic reads from right to left, code in it from left to right', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('متى تفتحون أبوابكم؟')
  await model.says(question, 'نفتح كل يوم في التاسعة صباحا.\n\n```\nnpm start\n```\n\n- واحد\n- اثنان')
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const answer = chat.log.getByText('نفتح كل يوم')
  expect(await answer.evaluate(directionOf)).toBe('rtl')
  expect(await chat.message(question).evaluate(directionOf)).toBe('rtl')
  expect(await chat.log.locator('pre').evaluate(directionOf)).toBe('ltr')
  expect(await chat.log.locator('ul').evaluate(directionOf)).toBe('rtl')
})

test('on a page that reads from right to left the chat stands on the left', async ({ visit, page }) => {
  const chat = await visit({ variant: 'rtl' })
  const launcher = (await chat.launcher.boundingBox())!
  expect(launcher.x).toBeLessThan(page.viewportSize()!.width / 2)
  await chat.open()
  await expect(chat.panel).toBeInViewport({ ratio: 1 })
})

test('words without end, emoji and every script stay in the panel', { tag: '@local' }, async ({ visit, model }) => {
  const question = `${unique('👩‍👩‍👧‍👦 ')}${'W'.repeat(400)}`
  await model.says(
    question,
    `${'x'.repeat(600)} https://harbour.example/${'y'.repeat(300)}\n\n| ${'a'.repeat(200)} | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`\n${'z'.repeat(500)}\n\`\`\``,
  )
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  const overflow = await chat.log.evaluate((log) => log.scrollWidth - log.clientWidth)
  expect(overflow).toBeLessThanOrEqual(0)
})
