import { expect, test, unique } from '../support/fixtures.ts'

test('an answer grows word by word and then stands', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('How are your lights powered?')
  const text = 'By the hub dynamo, which turns with the front wheel and needs no battery at all.'
  await model.says(question, { text, holdAfter: 30 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)

  await expect(chat.log).toContainText('By the hub dynamo, which turns')
  await expect(chat.log).not.toContainText('battery')
  await expect(chat.stop).toBeVisible()

  await model.says(question, { text, holdAfter: 60 })
  await expect(chat.log).toContainText('front wheel and needs')
  await expect(chat.log).not.toContainText('battery')

  await model.says(question, text)
  await chat.answered()
  await expect(chat.message(text)).toBeVisible()
})

test('an answer is seen before it is complete', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  const lengths = await chat.log.evaluateHandle((log) => {
    const seen: number[] = []
    new MutationObserver(() => seen.push(log.textContent.length)).observe(log, {
      childList: true,
      characterData: true,
      subtree: true,
    })
    return seen
  })
  await chat.ask('What can I ask you here? Answer in three sentences.')
  await chat.answered()
  expect(new Set(await lengths.jsonValue()).size).toBeGreaterThan(3)
  await expect(page.getByRole('alert')).toBeHidden()
})

test('a thinking model is shown before its first word', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('Why are bells brass?')
  await model.says(question, { text: 'For the ring.', holdAfter: 0 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await expect(chat.log).toContainText(/is thinking/)
  await model.says(question, 'For the ring.')
  await expect(chat.message('For the ring.')).toBeVisible()
  await expect(chat.log).not.toContainText(/is thinking/)
})
