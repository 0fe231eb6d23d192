import { expect, test, unique } from '../support/fixtures.ts'

test('a second tab shows what the first one asks, and reads along', async ({ visit, model }) => {
  const [question, next] = [unique('Who else is here?'), unique('And now?')]
  const text = 'Somebody who reads every word of this while it is being written.'
  await model.says(question, { text: 'You alone.', followUps: [] })
  await model.says(next, { text, holdAfter: 20 })
  const first = await visit()
  await first.open()
  await first.ask(question)
  await first.reads(question, 'You alone.')
  await first.answered()

  const second = await visit()
  await second.open()
  await second.reads(question, 'You alone.')
  await first.ask(next)
  const begun = expect.stringMatching(/^Somebody who reads(?!.*written)/)
  await first.reads(question, 'You alone.', next, begun)
  await second.reads(question, 'You alone.', next, begun)
  await model.says(next, text)
  await second.reads(question, 'You alone.', next, text)
  await first.reads(question, 'You alone.', next, text)
  expect(await model.calls(next)).toHaveLength(1)
})
