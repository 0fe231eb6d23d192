import { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'

test('calls made before the script has come are carried out', async ({ visit, page }) => {
  const chat = await visit({ variant: 'queue' })
  await expect(chat.composer).toBeVisible()
  await expect(page).toHaveTitle('opened by api')
})

test('two widgets on a page keep apart', { tag: '@local' }, async ({ page, pageUrl, owner, model }) => {
  const name = unique('Workshop')
  const other = await owner.addAssistant({ name })
  const [question, second] = [unique('Who am I talking to?'), unique('And who are you?')]
  await model.says(question, 'The shop.')
  await model.says(second, 'The workshop.')
  await page.goto(pageUrl({ variant: 'two', data: { 'second-assistant': other } }))
  const shop = new Chat(page, page.locator('loacl-chat#first'))
  const workshop = new Chat(page, page.locator('loacl-chat#second'))

  await shop.open()
  await shop.askAndWait(question)
  await shop.close.click()
  await workshop.open()
  await expect(workshop.panel).toHaveAccessibleName(name)
  await workshop.askAndWait(second)
  await expect(workshop.log).not.toContainText(question)
  await expect(workshop.message('The workshop.')).toBeVisible()

  await page.reload()
  await shop.open()
  await expect(shop.message(question)).toBeVisible()
  await expect(shop.log).not.toContainText(second)
})
