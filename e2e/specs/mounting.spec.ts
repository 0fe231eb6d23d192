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
  await expect(shop.message('The shop.')).toBeVisible()
  await shop.close.click()
  await workshop.open()
  await expect(workshop.panel).toHaveAccessibleName(name)
  await workshop.askAndWait(second)
  await expect(workshop.log).not.toContainText(question)
  await expect(workshop.message('The workshop.')).toBeVisible()

  await page.reload()
  await shop.launcher.click()
  await expect(shop.composer).toBeVisible()
  await expect(shop.message(question)).toBeVisible()
  await expect(shop.log).not.toContainText(second)
})

test('a place that is nowhere on the page is no reason to stay away', async ({ visit, page, target }) => {
  const chat = await visit({ variant: 'bare' })
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.evaluate(
    ({ url, key, assistantId: assistant, assetsOrigin }) => {
      const q: unknown[] = []
      const loacl = (...command: unknown[]): void => void q.push(command)
      Object.assign(window, { loacl: Object.assign(loacl, { q }) })
      loacl('mount', { url, key, assistant, target: '<<<' })
      loacl('nope')
      loacl('open')
      document.head.append(Object.assign(document.createElement('script'), { src: `${assetsOrigin}/loacl.js` }))
    },
    { ...target },
  )
  await expect(chat.composer).toBeVisible()
  await expect.poll(() => errors.join('\n')).toMatch(/<<<[^]*nope/)
})

test('a form can be the place, whatever its fields are called', async ({ visit, page, target }) => {
  const chat = await visit({ variant: 'bare' })
  await page.evaluate(
    ({ url, key, assistantId: assistant, assetsOrigin }) => {
      const q = [['mount', { url, key, assistant, target: '#host-form' }]]
      Object.assign(window, { loacl: Object.assign(() => {}, { q }) })
      document.querySelector<HTMLInputElement>('#host-form input')!.name = 'append'
      document.head.append(Object.assign(document.createElement('script'), { src: `${assetsOrigin}/loacl.js` }))
    },
    { ...target },
  )
  await chat.open()
  await expect(page.locator('#host-form > loacl-chat')).toHaveCount(1)
})

test('attributes that stand for nothing do no harm', async ({ visit }) => {
  const chat = await visit({ data: { client: 'x', fetch: 'x', storage: 'x', auth: 'x' } })
  await chat.open()
  await chat.questions.waitFor()
})
