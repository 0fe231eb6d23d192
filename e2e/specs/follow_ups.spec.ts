import { expect, test, unique } from '../support/fixtures.ts'

test(
  'follow-up questions appear under the answer and can be pressed',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Do you repair wheels?')
    const next = unique('What does it cost?')
    await model.says(question, { text: 'We do.', followUps: [next, 'How long does it take?'] })
    await model.says(next, { text: 'Twenty a wheel.', followUps: [] })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    await expect(chat.followUps.getByRole('button')).toHaveCount(2)

    await chat.followUps.getByRole('button', { name: next }).click()
    await expect(chat.message(next)).toBeVisible()
    await expect(chat.message('Twenty a wheel.')).toBeVisible()
    await chat.answered()
    await expect(chat.followUps).toBeHidden()

    const [, call] = [await model.calls(question), (await model.calls(next))[0]]
    expect(call?.history.map(({ content }) => content)).toEqual([question, 'We do.'])

    await page.reload()
    await chat.open()
    await expect(chat.message('Twenty a wheel.')).toBeVisible()
  },
)
