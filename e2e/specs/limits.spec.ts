import { expect, goTo, test, unique } from '../support/fixtures.ts'

const CUTS = [
  { incomplete: 'max_output_tokens', words: 'reached its length limit' },
  { incomplete: 'content_filter', words: 'cut short by a content filter' },
] as const

for (const { incomplete, words } of CUTS) {
  test(`an answer that is cut short says why (${incomplete})`, { tag: '@local' }, async ({ visit, model, page }) => {
    const question = unique('Tell me everything.')
    await model.says(question, { text: 'Everything begins with', incomplete })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await expect(chat.log).toContainText('Everything begins with')
    await expect(chat.log).toContainText(words)
    await page.reload()
    await chat.open()
    await expect(chat.log).toContainText(words)
  })
}

test(
  'a question from a second tab that hears nothing of the first waits for the answer there',
  { tag: '@local' },
  async ({ visit, model, context, pageUrl }) => {
    const [first, question, next] = [unique('Ready?'), unique('Which tab is this?'), unique('And this one?')]
    await model.says(question, { text: 'The first tab.', holdAfter: 3 })
    await model.says(next, 'The second tab.')
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    const page = await context.newPage()
    // Else it would know, and offer no sending.
    await page.addInitScript(() => Reflect.deleteProperty(window, 'BroadcastChannel'))
    const tab = await goTo(page, pageUrl())
    await tab.open()
    await expect(tab.message(first)).toBeVisible()

    await chat.ask(question)
    await expect(chat.message('The')).toBeVisible()
    await tab.ask(next)
    await expect(tab.alert).toContainText('An answer is still on its way')
    await model.says(question, 'The first tab.')
    await chat.answered()
    await tab.retry.click()
    await expect(tab.message('The second tab.')).toBeVisible()
  },
)
