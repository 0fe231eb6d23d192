import { expect, test, unique } from '../support/fixtures.ts'

test('after a reload, conversation and draft are there again', async ({ visit, model }) => {
  const question = unique('Is it raining?')
  await model.says(question, 'A little.')
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await chat.reads(question, 'A little.')
  await chat.type('And tomorrow')
  await chat.page.reload()
  await chat.comesBack()
  await chat.reads(question, 'A little.')
  await chat.sees({ draft: 'And tomorrow' })
})

test('a reload in the middle of an answer goes on with it', async ({ visit, model }) => {
  const question = unique('What does winter do?')
  const text = 'Rust begins where paint ends, and paint ends where somebody leant the bike for one winter.'
  await model.says(question, { text, holdAfter: 30 })
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await chat.reads(question, expect.stringContaining('Rust begins where paint'))

  await chat.page.reload()
  await chat.comesBack()
  await chat.reads(question, expect.stringMatching(/^Rust begins where paint(?!.*winter)/))
  await chat.has('Stop answering')
  await model.says(question, text)
  await chat.reads(question, text)
  await chat.answered()
  expect(await model.calls(question)).toHaveLength(1)
})
