import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { sql } = world
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

describe('history', () => {
  it('holds the conversation, oldest first', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token, { text: 'One', answer: 'First' })
    await world.converse(assistantId, token, { text: 'Two', answer: 'Second', threadId })
    const { history } = await world.ask(assistantId, token, 'Three', threadId)
    expect(history).toEqual([
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'First' },
      { role: 'user', content: 'Two' },
      { role: 'assistant', content: 'Second' },
      { role: 'user', content: 'Three' },
    ])
  })

  it('leaves out system messages: what the model is told to be is in its instructions', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token, { text: 'One', answer: 'First' })
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, parent_id, role, content)
      select m.thread_id, m.session_id, m.assistant_id, m.id, 'system', 'Be kind.'
      from loacl.messages m where m.thread_id = ${threadId} and m.role = 'assistant'
    `
    const { history } = await world.ask(assistantId, token, 'Two', threadId)
    expect((history as { content: string }[]).map(({ content }) => content)).toEqual(['One', 'First', 'Two'])
  })

  it('leaves out what failed, keeps what was stopped or cut, and nothing of other threads', async () => {
    const token = createToken()
    await world.converse(assistantId, token, { text: 'Elsewhere' })
    const one = await world.ask(assistantId, token, 'One')
    await world.finish(one.turn, { state: 'failed', errorCode: 'model_unavailable', content: 'Half' })
    const two = await world.ask(assistantId, token, 'Two', one.threadId)
    await world.finish(two.turn, { state: 'stopped', content: 'Begun' })
    const three = await world.ask(assistantId, token, 'Three', one.threadId)
    await world.finish(three.turn, { state: 'cut', cutReason: 'max_output_tokens', content: 'Long' })
    const four = await world.ask(assistantId, token, 'Four', one.threadId)
    await world.finish(four.turn, { state: 'stopped', content: '' })
    const { history } = await world.ask(assistantId, token, 'Five', one.threadId)
    expect((history as { content: string }[]).map(({ content }) => content)).toEqual([
      'One',
      'Two',
      'Begun',
      'Three',
      'Long',
      'Four',
      'Five',
    ])
  })

  it('is as long as the budget allows, and always has the new message', async () => {
    const { id } = await world.createAssistant({ settings: { context_token_budget: 500 } })
    const token = createToken()
    const { threadId } = await world.converse(id, token, { text: 'a'.repeat(600), answer: 'b'.repeat(600) })
    await world.converse(id, token, { text: 'c'.repeat(600), answer: 'd'.repeat(300), threadId })
    // 600 letters are taken for 204 tokens, 300 for 104, and the new one for 104.
    const { history, turn } = await world.ask(id, token, 'e'.repeat(300), threadId)
    expect((history as { content: string }[]).map(({ content }) => content[0])).toEqual(['c', 'd', 'e'])
    await world.finish(turn)
    const long = await world.ask(id, token, 'f'.repeat(3000), threadId)
    expect((long.history as { content: string }[]).map(({ content }) => content[0])).toEqual(['f'])
  })
})
