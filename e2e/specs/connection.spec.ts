import { expect, test, unique } from '../support/fixtures.ts'

const TEXT = 'The tide tables hang beside the door, and the next high water is at four.'

test('without a connection the question is kept and can be sent later', async ({ visit, context }) => {
  const question = unique('When is high water?')
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await context.setOffline(true)
  await expect(chat.panel).toContainText('You’re offline. What you write is kept.')
  await chat.ask(question)
  await expect(chat.log).toContainText('Reconnecting…')

  await context.setOffline(false)
  await expect(chat.panel).not.toContainText('You’re offline')
  await chat.answered()
  await expect(chat.alert).toBeHidden()
  await expect(chat.message(question)).toHaveCount(1)
})

test('a connection that stays away is given up in words, and another try succeeds', async ({
  visit,
  context,
  page,
}) => {
  const question = unique('When is low water?')
  await page.clock.install()
  const chat = await visit()
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await context.setOffline(true)
  await chat.ask(question)
  await expect(async () => {
    await page.clock.runFor(10_000)
    await expect(chat.alert).toContainText('can’t be reached', { timeout: 200 })
  }).toPass()
  await expect(chat.message(question)).toBeVisible()
  await context.setOffline(false)
  await chat.retry.click()
  await expect(chat.alert).toBeHidden()
  await chat.answered()
  await expect(chat.message(question)).toHaveCount(1)
})

test('a panel that cannot be fetched says so beside the launcher, and comes on the next press', async ({
  visit,
  context,
  page,
}) => {
  const chat = await visit()
  await context.setOffline(true)
  await chat.launcher.click()
  await expect(page.getByRole('alert')).toContainText('did not load')
  await context.setOffline(false)
  await chat.open()
  await expect(page.getByRole('alert')).toBeHidden()
})

test('a chat that opens without a connection can be tried again', async ({ visit, context }) => {
  const chat = await visit()
  await chat.launcher.hover()
  await chat.page.waitForLoadState('networkidle')
  await context.setOffline(true)
  await chat.launcher.click()
  await expect(chat.alert).toContainText(/can’t be reached|offline/)
  await context.setOffline(false)
  await chat.retry.click()
  await expect(chat.questions).toBeVisible()
})

test(
  'a connection that breaks in the middle of an answer is taken up again',
  { tag: '@local' },
  async ({ visit, model, context }) => {
    const question = unique('Where are the tide tables?')
    await model.says(question, { text: TEXT, holdAfter: 20 })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('The tide tables hang')
    // Ends what is under way, too.
    await context.setOffline(true)
    await model.says(question, TEXT)
    await context.setOffline(false)
    await expect(async () => {
      if (await chat.retry.isVisible()) await chat.retry.click()
      await expect(chat.message(TEXT)).toBeVisible({ timeout: 1_000 })
    }).toPass({ timeout: 20_000 })
    await chat.answered()
    await expect(chat.message(question)).toHaveCount(1)
    expect(await model.calls(question)).toHaveLength(1)
  },
)
