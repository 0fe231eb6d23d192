import { createClient } from '../../src/index.ts'
import { createTestProject } from '../../src/testing/index.ts'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

const project = createTestProject({ assistant: { name: 'Ada', greeting: 'Hello!' } })
const server = setupServer(...project.handlers)

beforeAll(() => server.listen())
afterEach(() => project.reset())
afterAll(() => server.close())

// In your application: its own module.
const { url, key, assistant } = project
const newThread = () => createClient({ url, key, assistant, storage: 'memory' }).threads.create()

it('shows an answer', async () => {
  project.answer({ text: 'We open at nine.', title: 'Opening hours', followUps: ['And on Sunday?'] })
  const thread = newThread()
  expect(await thread.send('When do you open?').text()).toBe('We open at nine.')
  expect(thread.getSnapshot().title).toBe('Opening hours')
})

it('shows an answer while it is written', async () => {
  const answer = project.stream()
  const thread = newThread()
  const turn = thread.send('When do you open?')
  expect(await answer.question).toMatchObject({ content: 'When do you open?' })
  answer.say('We open ')
  await expect.poll(() => thread.getSnapshot().messages[1]?.content).toBe('We open ')
  answer.say('at nine.').end()
  expect(await turn.text()).toBe('We open at nine.')
})

it('says when to come back', async () => {
  project.fail('rate_limited', { retryAfterMs: 5_000 })
  const thread = newThread()
  expect(await thread.send('Hi').done).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 5_000 } })
  project.answer('Hello')
  expect(await thread.retry().text()).toBe('Hello')
})
