import { expect, test, unique } from '../support/fixtures.ts'

test('a session that has ended says so, and a new chat goes on', { tag: '@local' }, async ({ visit, owner, page }) => {
  const [question, later] = [unique('Do you keep my data?'), unique('And now?')]
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  await owner.expireSessionOf(question)
  await chat.ask(later)
  await expect(chat.alert).toContainText('Your session has ended')
  await chat.alert.getByRole('button').click()
  await expect(chat.message(question)).toBeHidden()
  await expect(chat.alert).toBeHidden()
  await chat.askAndWait(unique('A fresh start?'))

  await page.reload()
  await chat.open()
  await chat.conversations.click()
  await expect(chat.panel.getByRole('listitem')).toHaveCount(1)
})

test(
  'a visitor who comes back after the session has ended begins anew',
  { tag: '@local' },
  async ({ visit, owner, page }) => {
    const question = unique('See you in a month?')
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await owner.expireSessionOf(question)
    await page.reload()
    await chat.open()
    await expect(chat.questions).toBeVisible()
    await expect(chat.alert).toBeHidden()
    await chat.askAndWait(unique('Hello again?'))
  },
)

test('where the browser keeps nothing, the chat works until the page is left', async ({ visit, page }) => {
  await page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('The request was denied.', 'SecurityError')
        },
      })
  })
  const chat = await visit()
  await chat.open()
  const question = unique('Where is this kept?')
  await chat.askAndWait(question)
  await chat.close.click()
  await chat.open()
  await expect(chat.message(question)).toBeVisible()
})
