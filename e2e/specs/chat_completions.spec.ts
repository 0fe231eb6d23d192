import { expect, test, unique } from '../support/fixtures.ts'

// What the visitor sees is the same as with the Responses API, which all other files ask.
test(
  'an assistant by Chat Completions answers, goes on where it was stopped, and asks before it calls a tool',
  { tag: '@local' },
  async ({ visit, page, model, owner }) => {
    const assistant = await owner.addAssistant({ wireFormat: 'openai-chat' })
    await owner.addTool(assistant, { name: 'cancel_order', endpoint: 'https://orders.harbour.invalid/cancel' })
    const [first, cut, order] = [unique('Are you open?'), unique('What do you have?'), unique('Cancel my order.')]
    await model.says(first, { text: 'Until **six**.', followUps: ['And on Sunday?'] })
    await model.says(cut, {
      text: '| Lamp | Price |\n|---|---|\n| Luna | 12 |\n| Sol | 30 |\n',
      holdAfter: 46,
      followUps: [],
    })
    await model.says(`${cut} (continued)`, { text: '| Lamp | Price |\n|---|---|\n| Sol | 30 |\n', followUps: [] })
    await model.says(order, {
      calls: [[{ name: 'cancel_order', arguments: { order: 'A-1042' } }]],
      text: 'It stays as it is.',
      followUps: [],
    })

    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(first)
    await expect(chat.log.locator('strong')).toHaveText('six')
    await expect(chat.log.getByRole('button', { name: 'And on Sunday?' })).toBeVisible()

    await chat.ask(cut)
    await expect(chat.log).toContainText('Sol')
    await chat.stop.click()
    await chat.answered()
    await chat.log.getByRole('button', { name: 'Continue' }).click()
    const rows = chat.log.getByRole('article').last().locator('tbody tr')
    await expect(rows).toHaveText(['Luna12', 'Sol30'])
    await chat.answered()

    await chat.ask(order)
    const request = chat.log.getByRole('group', { name: 'Cancel order', exact: true })
    await expect(request).toContainText('A-1042')
    await page.reload()
    await chat.open()
    await expect(rows).toHaveCount(0)
    await request.getByRole('button', { name: 'Deny' }).click()
    await expect(chat.message('It stays as it is.')).toBeVisible()
    await expect(chat.log.locator('tbody tr')).toHaveText(['Luna12', 'Sol30'])
    const [call] = await model.calls(first)
    // The key of that provider.
    expect(call!.key).toContain('sk-mock-model')
  },
)
