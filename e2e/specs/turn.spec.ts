import { expect, goTo, test, unique } from '../support/fixtures.ts'

const LONG = 'Rust begins where paint ends, and paint ends where somebody leant the bike against a wall for one winter.'

test(
  'an answer can be stopped, the model hears of it, and what had come stays',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('How does rust begin?')
    await model.says(question, { text: LONG, holdAfter: 30 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('Rust begins where paint')
    await chat.stop.click()
    await expect(chat.log).toContainText('You stopped this answer.')
    await chat.answered()
    await expect.poll(async () => (await model.calls(question)).map(({ state }) => state)).toEqual(['dropped'])

    await page.reload()
    await chat.open()
    await expect(chat.log).toContainText('Rust begins where paint')
    await expect(chat.log).toContainText('You stopped this answer.')
    const next = unique('Go on?')
    await chat.askAndWait(next)
  },
)

test('a reload in the middle of an answer goes on with it', { tag: '@local' }, async ({ visit, model, page }) => {
  const question = unique('What does winter do?')
  await model.says(question, { text: LONG, holdAfter: 30 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await expect(chat.log).toContainText('Rust begins where paint')

  await page.reload()
  await chat.open()
  await expect(chat.log).toContainText('Rust begins where paint')
  await expect(chat.stop).toBeVisible()
  await model.says(question, LONG)
  await expect(chat.message(LONG)).toBeVisible()
  await chat.answered()
  expect(await model.calls(question)).toHaveLength(1)
})

test(
  'who leaves in the middle of an answer finds it whole',
  { tag: '@local' },
  async ({ visit, model, page, context, pageUrl }) => {
    const question = unique('What did I miss?')
    await model.says(question, { text: LONG, holdAfter: 30 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('Rust begins where paint')
    await page.close()
    await model.says(question, LONG)
    await expect.poll(async () => (await model.calls(question)).map(({ state }) => state)).toEqual(['finished'])

    const later = await goTo(await context.newPage(), pageUrl())
    await later.open()
    await expect(later.message(LONG)).toBeVisible()
  },
)

test('a second press sends nothing twice', { tag: '@local' }, async ({ visit, model, page }) => {
  const question = unique('Did you hear me?')
  await model.says(question, { text: 'Once.', holdAfter: 0 })
  const chat = await visit()
  await chat.open()
  await chat.composer.fill(question)
  const send = chat.send
  await send.evaluate((button: HTMLButtonElement) => {
    button.click()
    button.click()
  })
  await page.keyboard.press('Enter')
  await expect(chat.message(question)).toHaveCount(1)
  await model.says(question, 'Once.')
  await expect(chat.message('Once.')).toHaveCount(1)
  await chat.answered()
  expect(await model.calls(question)).toHaveLength(1)
})

test(
  'what is typed while an answer comes is kept for the next question',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('How long is the quay?')
    await model.says(question, { text: 'Eighty metres long.', holdAfter: 7 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('Eighty')
    await page.keyboard.type('And how wide?')
    await page.keyboard.press('Enter')
    await expect(chat.composer).toHaveValue(/And how wide\?/)
    await model.says(question, 'Eighty metres long.')
    await chat.answered()
    await expect(chat.composer).toHaveValue(/And how wide\?/)
  },
)

test(
  'the conversation can be followed from a second tab',
  { tag: '@local' },
  async ({ visit, model, context, pageUrl }) => {
    const question = unique('Who else is here?')
    await model.says(question, { text: LONG, holdAfter: 30 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('Rust begins where paint')
    const tab = await goTo(await context.newPage(), pageUrl())
    await tab.open()
    await expect(tab.log).toContainText('Rust begins where paint')
    await model.says(question, LONG)
    await expect(tab.message(LONG)).toBeVisible()
    await expect(chat.message(LONG)).toBeVisible()
  },
)
