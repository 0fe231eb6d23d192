import { expect, it } from 'vitest'
import { newUserMessage, withoutAnswers } from '../src/thread_state.ts'
import type { Message } from '../src/index.ts'

const question = (id: string): Message => newUserMessage(id, id, '2026-11-22T08:00:00.000Z')
const answer = (id: string): Message => ({ ...question(id), clientId: null, role: 'assistant', status: 'failed' })

it('another try at a question takes its answers away, and nothing that the visitor wrote or was told before', () => {
  const asked = question('asked')
  const messages = [
    question('first'),
    answer('told'),
    asked,
    answer('broken'),
    question('written since'),
    answer('late'),
  ]
  const kept = withoutAnswers(messages, asked).map(({ id }) => id)
  expect(kept).toEqual(['first', 'told', 'asked', 'written since'])
})
