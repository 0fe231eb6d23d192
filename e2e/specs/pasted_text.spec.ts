import { expect, test, unique } from '../support/fixtures.ts'

test('pasted text is sent with its indent, and without what can’t be stored', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  const name = unique('Pasted')
  const stored = `    if (${name}) \n      stop()`
  await chat.composer.evaluate((box: HTMLTextAreaElement, text) => {
    box.value = text
    box.dispatchEvent(new Event('input', { bubbles: true }))
  }, `\n  \n    if\0 (${name}) \uD83D\n      stop()  \n`)
  await chat.composer.press('Enter')
  const question = chat.log.getByRole('article', { name: 'You' })
  const text = () => question.evaluate((element) => element.textContent)
  await expect(question).toBeVisible()
  expect(await text()).toBe(stored)
  await chat.answered()
  await expect(chat.alert).toBeHidden()
  expect(await text()).toBe(stored)
  await page.reload()
  await chat.open()
  await expect(question).toBeVisible()
  expect(await text()).toBe(stored)
})
