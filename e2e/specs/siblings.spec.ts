import { AxeBuilder } from '@axe-core/playwright'
import type { Chat } from '../support/chat.ts'
import { expect, goTo, test, unique } from '../support/fixtures.ts'
import type { Model } from '../support/model.ts'

const button = (chat: Chat, name: string) => chat.log.getByRole('button', { name, exact: true })
const switchOf = (chat: Chat, name: string) => chat.log.getByRole('group', { name, exact: true })
const step = (chat: Chat, name: string, direction: 'Previous' | 'Next') =>
  switchOf(chat, name).getByRole('button', { name: direction })

/** Asks, and has the answer written anew. */
async function answerTwice(chat: Chat, model: Model): Promise<string> {
  const question = unique('Which bell is loudest?')
  await model.says(question, { text: 'The brass one.', followUps: [] })
  await chat.open()
  await chat.askAndWait(question)
  await model.says(question, { text: 'The steel one.', followUps: [] })
  await button(chat, 'Try another answer').click()
  await expect(chat.message('The steel one.')).toBeVisible()
  await chat.answered()
  return question
}

test(
  'another answer stands beside the first, and the one that is chosen is there after a reload and in another tab',
  { tag: '@local' },
  async ({ visit, page, model, context, pageUrl }) => {
    const chat = await visit()
    const question = await answerTwice(chat, model)
    await expect(chat.message('The brass one.')).toBeHidden()
    await expect(switchOf(chat, 'Answer 2 of 2')).toBeVisible()
    await expect(step(chat, 'Answer 2 of 2', 'Next')).toBeDisabled()

    // What is said of it is said once.
    const status = chat.panel.getByRole('status').last()
    await expect(status).toHaveText('')
    await step(chat, 'Answer 2 of 2', 'Previous').focus()
    await page.keyboard.press('Enter')
    await expect(chat.message('The brass one.')).toBeVisible()
    await expect(chat.message('The steel one.')).toBeHidden()
    await expect(status).toHaveText('Answer 1 of 2')
    // The keyboard is where it was: on the way back, for there is none further.
    await expect(step(chat, 'Answer 1 of 2', 'Next')).toBeFocused()

    const tab = await goTo(await context.newPage(), pageUrl())
    await tab.open()
    await expect(tab.message('The brass one.')).toBeVisible()
    await page.evaluate(() => window.dispatchEvent(new Event('blur')))
    await step(chat, 'Answer 1 of 2', 'Next').click()
    await expect(chat.message('The steel one.')).toBeVisible()
    await expect(tab.message('The steel one.')).toBeVisible()
    await step(chat, 'Answer 2 of 2', 'Previous').click()
    await expect(chat.message('The brass one.')).toBeVisible()

    // The model is told of the branch that is shown.
    const next = unique('And how loud is that?')
    await model.says(next, { text: 'Very.', followUps: [] })
    await chat.askAndWait(next)
    const [call] = await model.calls(next)
    expect(call!.history.map(({ content }) => content)).toEqual([question, 'The brass one.'])
    await page.reload()
    await chat.open()
    await expect(chat.message('The brass one.')).toBeVisible()
    await expect(switchOf(chat, 'Answer 1 of 2')).toBeVisible()
  },
)

test(
  'a question is edited in its place: Escape leaves it and keeps what was written, Enter sends it',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    const [question, edited] = [unique('Do you rent bikes?'), unique('Do you rent tandems?')]
    await model.says(question, { text: 'We do.', followUps: [] })
    await model.says(edited, { text: 'Two of them.', followUps: [] })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await chat.composer.fill('A draft')
    const box = chat.log.getByRole('textbox', { name: 'Edit your question' })
    await button(chat, 'Edit').focus()
    await page.keyboard.press('Enter')
    await expect(box).toBeFocused()
    await expect(box).toHaveValue(question)
    await box.fill('Half an edit')
    await page.keyboard.press('Escape')
    await expect(box).toBeHidden()
    await expect(chat.panel).toBeVisible()
    await expect(button(chat, 'Edit')).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(box).toHaveValue('Half an edit')
    await box.fill(edited)
    await page.keyboard.press('Enter')
    await expect(chat.message('Two of them.')).toBeVisible()
    await chat.answered()
    await expect(chat.message('We do.')).toBeHidden()
    await expect(chat.composer).toHaveValue('A draft')
    await expect(chat.composer).toBeFocused()

    await step(chat, 'Question 2 of 2', 'Previous').click()
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.message('We do.')).toBeVisible()
    await expect(chat.message('Two of them.')).toBeHidden()
  },
)

for (const { name, text, after, more, whole } of [
  {
    name: 'a list',
    text: 'Lights:\n\n- Luna shines\n- Sol burns very brightly\n- Stella',
    after: 38,
    more: ' burns very brightly\n- Stella\n',
    whole: '<li>Luna shines</li><li>Sol burns very brightly</li><li>Stella</li>',
  },
  {
    name: 'code',
    text: 'So:\n\n```js\nring the bell\nthen wait\n```\n',
    after: 22,
    more: '```js\nring the bell\nthen wait\n```\n',
    whole: 'ring the bell\nthen wait\n',
  },
  {
    name: 'a table',
    text: '| Lamp | Price |\n|---|---|\n| Luna | 12 |\n| Sol | 30 |\n',
    after: 46,
    more: '| Lamp | Price |\n|---|---|\n| Sol | 30 |\n',
    whole: 'Sol|30',
  },
])
  test(
    `an answer that was stopped in ${name} goes on without a seam`,
    { tag: '@local' },
    async ({ visit, page, model }) => {
      const question = unique('What do you have?')
      await model.says(question, { text, holdAfter: after, followUps: [] })
      await model.says(`${question} (continued)`, { text: more, followUps: [] })
      const chat = await visit()
      await chat.open()
      await chat.ask(question)
      const answer = chat.log.getByRole('article').last()
      const read = () =>
        answer.evaluate((article) => {
          const items = [...article.querySelectorAll('li')].map((item) => `<li>${item.textContent}</li>`).join('')
          const code = article.querySelector('pre')?.textContent ?? ''
          const rows = [...article.querySelectorAll('tr')].map((row) =>
            [...row.children].map((cell) => cell.textContent).join('|'),
          )
          return items || code || rows.at(-1)!
        })
      await expect(chat.log).toContainText(name === 'code' ? 'ring the' : name === 'a list' ? 'Sol' : 'Sol')
      await chat.stop.click()
      await chat.answered()
      await button(chat, 'Continue').focus()
      await page.keyboard.press('Enter')
      await expect(button(chat, 'Continue')).toBeHidden()
      await chat.answered()
      await expect.poll(read).toBe(whole)
      await expect(chat.log).not.toContainText('You stopped this answer.')
      await page.reload()
      await chat.open()
      await expect.poll(read).toBe(whole)
    },
  )

test(
  'another answer that fails is told, leaves the first where it can be read, and comes with another try',
  { tag: '@local' },
  async ({ visit, page, model }) => {
    const question = unique('Is the quay lit?')
    await model.says(question, { text: 'It is.', followUps: [] })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const error = { code: 'internal', message: 'Away.', requestId: 'r' }
    await page.route('**/turns', (route) => route.fulfill({ status: 500, json: { error } }))
    await button(chat, 'Try another answer').click()
    await expect(chat.alert).toContainText('Something went wrong')
    await expect(chat.message('It is.')).toBeVisible()
    await page.unroute('**/turns')
    await model.says(question, { status: 500 })
    await chat.retry.click()
    await expect(chat.alert).toContainText('can’t answer')
    await model.says(question, { text: 'All night.', followUps: [] })
    await chat.retry.click()
    await expect(chat.message('All night.')).toBeVisible()
    await chat.answered()
    await expect(chat.alert).toBeHidden()
    await step(chat, 'Answer 2 of 2', 'Previous').click()
    await expect(chat.message('It is.')).toBeVisible()
  },
)

test('while an answer comes nothing of it can be pressed', { tag: '@local' }, async ({ visit, model }) => {
  const chat = await visit()
  await answerTwice(chat, model)
  const next = unique('And then?')
  await model.says(next, { text: 'Then it rings.', holdAfter: 5 })
  await chat.ask(next)
  await expect(chat.log).toContainText('Then')
  for (const name of ['Try another answer', 'Edit']) await expect(button(chat, name).first()).toBeDisabled()
  await expect(step(chat, 'Answer 2 of 2', 'Previous')).toBeDisabled()
  await model.says(next, 'Then it rings.')
  await chat.answered()
  await expect(button(chat, 'Edit').first()).toBeEnabled()
})

test.describe('on a touch screen', () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } })

  test('each of them is 44 px wide and high', { tag: '@local' }, async ({ visit, model }) => {
    const chat = await visit()
    const isLargeEnough = async () => {
      for (const target of await chat.log.getByRole('button').all()) {
        const { width, height } = (await target.boundingBox())!
        expect(Math.min(width, height), await target.innerText()).toBeGreaterThanOrEqual(44)
      }
    }
    await answerTwice(chat, model)
    await isLargeEnough()
    await button(chat, 'Edit').tap()
    await isLargeEnough()
  })
})

test(
  'in a page that reads from right to left the arrows point the other way, and the count stays whole',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const chat = await visit({ variant: 'rtl', data: { locale: 'ar' } })
    await answerTwice(chat, model)
    const group = chat.log.getByRole('group', { name: /^Answer . of .$/ })
    await expect(group.locator('bdi')).toHaveText(/^(.) \/ \1$/)
    const [previous, next] = await group.getByRole('button').all()
    expect((await previous!.boundingBox())!.x).toBeGreaterThan((await next!.boundingBox())!.x)
    await expect(previous!.locator('svg')).toHaveCSS('transform', 'matrix(-1, 0, 0, 1, 0, 0)')
    await page.screenshot({ path: test.info().outputPath('rtl.png') })
  },
)

for (const theme of ['light', 'dark'] as const)
  test.describe(theme, () => {
    test.use({ colorScheme: theme, reducedMotion: 'reduce' } as never)

    test(`no WCAG 2.2 AA violation, ${theme}`, { tag: '@local' }, async ({ visit, model, page }) => {
      const chat = await visit()
      await answerTwice(chat, model)
      await button(chat, 'Edit').click()
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
        .analyze()
      expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target)}`)).toEqual([])
      await page.screenshot({ path: test.info().outputPath(`${theme}.png`) })
    })
  })

test(
  'twice as large, and in forced colours, all of it can be seen',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    await page.emulateMedia({ forcedColors: 'active' })
    await page.setViewportSize({ width: 640, height: 512 })
    const chat = await visit()
    await answerTwice(chat, model)
    await button(chat, 'Edit').click()
    await page.screenshot({ path: test.info().outputPath('forced.png') })
    for (const target of await chat.log.getByRole('button').all()) {
      await target.scrollIntoViewIfNeeded()
      await expect(target).toBeInViewport({ ratio: 0.9 })
    }
  },
)
