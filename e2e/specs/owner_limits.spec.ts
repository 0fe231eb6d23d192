import { expect, test, unique } from '../support/fixtures.ts'

test(
  'a visitor who asks too fast is told when to go on, and the model isn’t asked until then',
  { tag: '@local' },
  async ({ visit, owner, model, page }) => {
    const assistant = await owner.addAssistant({ messagesPerMinute: 1 })
    const [first, second] = [unique('What is first?'), unique('What is second?')]
    await model.says(first, 'This is first.')
    await model.says(second, 'This is second.')
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(first)
    await page.clock.install()
    await expect(chat.message('This is first.')).toBeVisible()

    await chat.ask(second)
    await expect(chat.alert).toContainText('That was a lot at once.')
    await expect(chat.alert).toContainText(/You can go on in (\d+ seconds?|1 minute)\./)
    await expect(chat.message(second)).toBeVisible()
    expect(await model.calls(second)).toEqual([])

    await expect(chat.retry).toBeDisabled()
    await owner.change(assistant, { messagesPerMinute: null })
    await page.clock.fastForward(60_000)
    await chat.retry.click()
    await expect(chat.message('This is second.')).toBeVisible()
    await expect(chat.message(second)).toHaveCount(1)
    await expect(chat.alert).toBeHidden()
  },
)

test(
  'an assistant that is paused says so, and answers the same question once it goes on',
  { tag: '@local' },
  async ({ visit, owner, model }) => {
    const assistant = await owner.addAssistant({ pausedAt: new Date() })
    const question = unique('Are you resting?')
    await model.says(question, 'Not any more.')
    const chat = await visit({ assistant })
    await chat.open()
    await chat.ask(question)
    await expect(chat.alert).toContainText('taking a break')
    await expect(chat.message(question)).toBeVisible()
    expect(await model.calls(question)).toEqual([])

    await owner.change(assistant, { pausedAt: null })
    await chat.retry.click()
    await expect(chat.message('Not any more.')).toBeVisible()
    await expect(chat.message(question)).toHaveCount(1)
  },
)
