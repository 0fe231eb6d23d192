import { expect, test, unique } from '../support/fixtures.ts'

test('everything can be done with the keyboard alone', async ({ visit, model }) => {
  const [question, next] = [unique('Which tyres for cobbles?'), unique('And for gravel?')]
  await model.says(question, { text: 'Wide ones.', followUps: [next] })
  await model.says(next, { text: 'Wider ones.', followUps: [] })
  const chat = await visit()
  await chat.has('Open chat')
  await chat.tabTo('Open chat')
  await chat.press('Enter')
  await chat.sees({ focus: 'Message' })

  await chat.ask(question)
  await chat.reads(question, 'Wide ones.')
  await chat.sees({ followUps: [next], focus: 'Message' })

  await chat.tabTo(next, 'Shift')
  await chat.press('Enter')
  await chat.reads(question, 'Wide ones.', next, 'Wider ones.')
  await chat.sees({ focus: 'Message' })

  await chat.press('Escape')
  await chat.sees({ panel: null, focus: 'Open chat' })
})

test('Tab goes through the panel in the order in which it is read', async ({ visit }) => {
  const chat = await visit()
  await chat.open()
  const between = [
    'Conversations',
    'Close chat',
    'Conversation',
    'Do you rent bicycles?',
    'When are you open?',
    'Can you true my wheel?',
  ]
  await chat.has(between.at(-1)!)
  expect(await chat.tabTo('New chat', 'Shift')).toEqual(between.toReversed())
  expect(await chat.tabTo('Message')).toEqual(between)
})
