import { readPlace } from '../../support/reading_place.ts'
import { expect, test, unique } from '../support/fixtures.ts'

const LONG = Array.from(
  { length: 12 },
  (_, index) => `Paragraph ${index + 1}. ${'And-so-it-goes-on-and-on-again. '.repeat(7)}`,
).join('\n\n')

test('a long answer is read from its beginning, and the place comes back', async ({ visit, model }) => {
  const chat = await visit()
  await chat.open()
  const topOf = async (text: string) => {
    const { messages } = await chat.page.evaluate(readPlace)
    return Math.round(messages.find((message) => message.text.startsWith(text))?.top ?? Number.NaN)
  }
  const [first, second] = [unique('How does it begin?'), unique('How does it go on?')]
  for (const question of [first, second]) {
    await model.says(question, { text: LONG, followUps: ['And then?'] })
    await chat.ask(question)
    await chat.answered()
    await expect.poll(() => topOf(question)).toBe(20)
  }
  await chat.page.evaluate(() => {
    document.querySelector('loacl-chat')!.shadowRoot!.querySelector('[role=log]')!.scrollTop += 300
  })
  await expect.poll(() => topOf(second)).toBe(-280)
  await chat.click('Close chat')
  await chat.open()
  await expect.poll(() => topOf(second)).toBe(-280)
  await chat.click('Conversations')
  await chat.click('Conversations')
  await expect.poll(() => topOf(second)).toBe(-280)
  await chat.page.reload()
  await chat.comesBack()
  await expect.poll(() => topOf(second)).toBe(-280)
  await chat.click('Jump to latest')
  await expect
    .poll(async () => {
      const { end, height } = await chat.page.evaluate(readPlace)
      return Math.abs(height - end - 20) < 2
    })
    .toBe(true)
  const third = unique('Is it short?')
  await model.says(third, { text: 'It is.', followUps: [] })
  await chat.ask(third)
  await chat.answered()
  await expect.poll(() => topOf(third)).toBe(20)
})
