import { expect, test, unique } from '../support/fixtures.ts'

test('a visitor asks, reads the answer and asks a follow-up question', async ({ visit, model }) => {
  const [question, next, second] = [unique('Do you repair wheels?'), unique('What does it cost?'), unique('And when?')]
  await model.says(question, { text: 'We do.', followUps: [next] })
  await model.says(next, { text: 'Twenty a wheel.', followUps: [] })
  await model.says(second, { text: 'By Friday.', followUps: [] })
  const chat = await visit()
  await chat.open()
  await chat.type(question)
  await chat.sees({ draft: question })
  await chat.click('Send message')
  await chat.reads(question, 'We do.')
  await chat.sees({ draft: '', followUps: [next] })

  await chat.click(next)
  await chat.reads(question, 'We do.', next, 'Twenty a wheel.')
  await chat.sees({ followUps: [], focus: 'Message' })

  await chat.answered()
  await chat.ask(second)
  await chat.reads(question, 'We do.', next, 'Twenty a wheel.', second, 'By Friday.')
  expect(await model.calls(second)).toHaveLength(1)
})

test('an answer grows before it is complete', async ({ visit, model }) => {
  const question = unique('How are your lights powered?')
  const text = 'By the hub dynamo, which turns with the front wheel and needs no battery at all.'
  await model.says(question, { text, holdAfter: 30 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await chat.has('Stop answering')
  await chat.reads(question, expect.stringMatching(/^By the hub dynamo, which turns(?!.*battery)/))

  await model.says(question, { text, holdAfter: 60 })
  await chat.reads(question, expect.stringMatching(/front wheel and needs(?!.*battery)/))
  await chat.has('Stop answering')

  await model.says(question, text)
  await chat.reads(question, text)
  await chat.answered()
})
