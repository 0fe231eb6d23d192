import { expect, test, unique } from '../support/fixtures.ts'

test('the launcher opens a chat with a greeting and questions to begin with', async ({ visit }) => {
  const chat = await visit()
  await expect(chat.launcher).toHaveAttribute('aria-expanded', 'false')
  await chat.open()
  await expect(chat.panel).toHaveAccessibleName(/\S/)
  await expect(chat.composer).toBeFocused()
  await expect(chat.log).toContainText(/\S/)
  await expect(chat.questions.getByRole('button').first()).toBeVisible()
})

test('the panel closes and opens again where it was', async ({ visit }) => {
  const chat = await visit()
  await chat.open()
  await chat.composer.fill('half a thought')
  await chat.close.click()
  await expect(chat.panel).toBeHidden()
  await expect(chat.launcher).toHaveAttribute('aria-expanded', 'false')
  await chat.open()
  await expect(chat.composer).toHaveValue('half a thought')
})

test(
  "the assistant's name, greeting and questions are the owner's",
  { tag: '@local' },
  async ({ visit, owner, model }) => {
    const question = unique('Do you rent tandems?')
    const name = unique('Quay')
    const assistant = await owner.addAssistant({ name, greeting: 'Ahoy from **Quay 4**.', questions: [question] })
    await model.says(question, 'We do rent tandems.')
    const chat = await visit({ assistant })
    await chat.open()
    await expect(chat.panel).toHaveAccessibleName(name)
    await expect(chat.log).toContainText('Ahoy from Quay 4.')
    await expect(chat.log.locator('strong')).toHaveText('Quay 4')

    await chat.questions.getByRole('button', { name: question }).click()
    await expect(chat.message(question)).toBeVisible()
    await expect(chat.message('We do rent tandems.')).toBeVisible()
    await expect(chat.questions).toBeHidden()
  },
)
