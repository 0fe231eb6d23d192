import { expect, test, unique } from '../support/fixtures.ts'

const TEXT = 'The ferry leaves every hour from the far end of the quay.'
const FAILURES = [
  { name: 'the model refuses the key (401)', reply: { status: 401 }, words: /isn’t set up properly/ },
  { name: 'the model is busy (429)', reply: { status: 429 }, words: /can’t answer at the moment/ },
  { name: 'the model is broken (500)', reply: { status: 500 }, words: /can’t answer at the moment/ },
  { name: 'the model breaks off', reply: { text: TEXT, cutAfter: 20 }, words: /broke off/ },
]

for (const { name, reply, words } of FAILURES) {
  test(`${name}: words, nothing lost, and another try succeeds`, { tag: '@local' }, async ({ visit, model, page }) => {
    const question = unique('When does the ferry leave?')
    await model.says(question, reply)
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.alert).toContainText(words, { timeout: 20_000 })
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.composer).toBeEnabled()

    await page.reload()
    await chat.open()
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.panel).toContainText(words)

    await model.says(question, TEXT)
    await chat.retry.click()
    await expect(chat.message(TEXT)).toBeVisible()
    await chat.answered()
    await expect(chat.alert).toBeHidden()
    await expect(chat.message(question)).toHaveCount(1)

    await page.reload()
    await chat.open()
    await expect(chat.message(TEXT)).toBeVisible()
    await expect(chat.message(question)).toHaveCount(1)
    await expect(chat.panel).not.toContainText(words)
  })
}
