import { expect, test, unique } from '../support/fixtures.ts'

test('a wrong publishable key is told in words, and what was typed and asked stays', async ({ visit, page }) => {
  const refused = () => page.waitForResponse((response) => response.status() === 401)
  const chat = await visit({ data: { key: 'sb_publishable_wrong_wrong_wrong_wrong' } })
  await chat.open()
  const question = unique('Is this key right?')
  await chat.composer.fill(question)
  await expect(chat.alert).toContainText('key isn’t valid')
  await expect(chat.panel.getByRole('heading')).toHaveText('Chat')
  await Promise.all([refused(), chat.retry.click()])
  await expect(chat.alert).toContainText('key isn’t valid')
  await expect(chat.composer).toHaveValue(question)

  await Promise.all([refused(), chat.composer.press('Enter')])
  await expect(chat.alert).toContainText('key isn’t valid')
  await Promise.all([refused(), chat.retry.click()])
  await expect(chat.alert).toContainText('key isn’t valid')
  await expect(chat.message(question)).toHaveCount(1)
})

test(
  'a page that is not allowed is told so, and what was asked and typed goes through once it is',
  { tag: '@local' },
  async ({ visit, owner, model, target }) => {
    const assistant = await owner.addAssistant({ allowedOrigins: ['https://elsewhere.example'] })
    const question = unique('Am I allowed now?')
    const next = unique('And what now?')
    await model.says(question, 'You are.')
    await model.says(next, 'Whatever you like.')
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(chat.alert).toContainText('isn’t allowed on this website')
    await expect(chat.message(question)).toBeVisible()
    await chat.composer.fill(next)
    await owner.change(assistant, { allowedOrigins: [target.pagesOrigin] })
    await chat.retry.click()
    await expect(chat.message('You are.')).toBeVisible()
    await expect(chat.message(question)).toHaveCount(1)
    await expect(chat.alert).toBeHidden()
    await chat.answered()

    await expect(chat.composer).toHaveValue(next)
    await chat.composer.press('Enter')
    await expect(chat.message('Whatever you like.')).toBeVisible()
  },
)

test(
  'an assistant that is switched off says so, and works once it is on',
  { tag: '@local' },
  async ({ visit, owner }) => {
    const assistant = await owner.addAssistant({ isActive: false })
    const chat = await visit({ assistant })
    await chat.launcher.click()
    await expect(chat.alert).toContainText('switched off')
    await owner.change(assistant, { isActive: true })
    await chat.retry.click()
    await chat.askAndWait(unique('Are you awake?'))
  },
)

test(
  'an assistant that is switched off in the middle of a visit keeps what was written',
  { tag: '@local' },
  async ({ visit, owner, model }) => {
    const assistant = await owner.addAssistant({})
    const question = unique('Still there?')
    await model.says(question, 'Still here.')
    const chat = await visit({ assistant })
    await chat.open()
    await expect(chat.panel).toHaveAccessibleName(/^Test /)
    await owner.change(assistant, { isActive: false })
    await chat.ask(question)
    await expect(chat.alert).toContainText('switched off')
    await owner.change(assistant, { isActive: true })
    await chat.retry.click()
    await expect(chat.message('Still here.')).toBeVisible()
    await expect(chat.message(question)).toHaveCount(1)
  },
)

test(
  'a question asked before the chat could be opened is sent with one press',
  { tag: '@local' },
  async ({ visit, owner, model }) => {
    const assistant = await owner.addAssistant({ isActive: false })
    const question = unique('Anybody in?')
    await model.says(question, 'Coming.')
    const chat = await visit({ assistant })
    await chat.open()
    await expect(chat.alert).toContainText('switched off')
    await chat.ask(question)
    await expect(chat.alert).toContainText('switched off')
    await owner.change(assistant, { isActive: true })
    await chat.retry.click()
    await expect(chat.message('Coming.')).toBeVisible()
    await expect(chat.message(question)).toHaveCount(1)
  },
)

for (const [what, assistant] of [
  ['an assistant that nobody has heard of', '00000000-0000-4000-8000-000000000000'],
  ['an id that no assistant could have', 'my-assistant'],
] as const)
  test(`${what} is told in words`, async ({ visit }) => {
    const chat = await visit({ assistant })
    await chat.launcher.click()
    await expect(chat.alert).toContainText('isn’t set up properly')
  })

test('a message that is too long is counted, not sent', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  let sent = 0
  page.on('request', (request) => (sent += request.url().endsWith('/turns') ? 1 : 0))
  const text = 'harbour '.repeat(12_500)
  await chat.composer.fill(text)
  await expect(chat.panel).toContainText(/-\d[\d,]* characters left|too long/)
  await chat.composer.press('Enter')
  await expect(chat.composer).toHaveValue(text)
  const question = unique('Short enough?')
  await chat.composer.fill(question)
  await chat.composer.press('Enter')
  await expect(chat.message(question)).toBeVisible()
  await chat.answered()
  expect(sent).toBe(1)
})

test('a message that is too long says so to a screen reader, too, when it is not sent', async ({ visit, page }) => {
  let go!: () => void
  const pressed = new Promise<void>((resolve) => (go = resolve))
  await page.route('**/panel-length-*', async (route) => {
    await pressed
    await route.continue()
  })
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await chat.composer.fill('a'.repeat(20_000))
  await chat.composer.press('Enter')
  go()
  await expect(chat.panel.getByRole('status')).toHaveText(/^\d+,000 characters too long$/)
})

test('nothing but spaces is not sent', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await chat.composer.fill(' \n\t ')
  await page.keyboard.press('Enter')
  await expect(chat.questions).toBeVisible()
  await expect(chat.alert).toBeHidden()
})
