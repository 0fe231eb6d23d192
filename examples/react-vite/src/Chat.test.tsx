import { createClient } from '@loacl/core'
import { createTestProject } from '@loacl/core/testing'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { Chat } from './Chat.tsx'

const project = createTestProject()
const server = setupServer(...project.handlers)

beforeAll(() => server.listen())
afterAll(() => server.close())

beforeEach(() => {
  const { url, key, assistant } = project
  render(<Chat client={createClient({ url, key, assistant, storage: 'memory' })} />)
})
afterEach(() => {
  cleanup()
  project.reset()
})

function ask(question: string) {
  fireEvent.change(screen.getByLabelText('Question'), { target: { value: question } })
  fireEvent.click(screen.getByText('Send'))
}

it('shows an answer while it is written', async () => {
  const answer = project.stream()
  ask('When do you open?')
  expect(await answer.question).toMatchObject({ content: 'When do you open?' })
  answer.say('We open ')
  await screen.findByText('We open')
  answer.say('at nine.').end()
  await screen.findByText('We open at nine.')
})

it('asks again after a failure', async () => {
  project.fail('rate_limited')
  ask('When do you open?')
  expect((await screen.findByRole('alert')).textContent).toContain('rate_limited')
  project.answer('At nine.')
  fireEvent.click(screen.getByText('Try again'))
  await screen.findByText('At nine.')
  expect(screen.queryByRole('alert')).toBeNull()
})
