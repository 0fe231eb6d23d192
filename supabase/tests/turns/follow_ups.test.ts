import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { BLANK_TEXTS } from '../../../packages/wire/test/blank_texts.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type TurnKey } from '../support/world.ts'
import { createTurnCalls, leaseLost } from './turn_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const { listMessages } = createTurnCalls(world)
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant())
})
afterAll(() => world.close())

const save = ({ id, lease }: TurnKey, more: object = {}) =>
  api.rpc(
    'save_follow_ups',
    { turn_id: id, lease, title: 'About it', suggestions: ['Why?', ' ', 'How?'], usage: null, ...more },
    world.asServer(),
  )

describe('save_follow_ups', () => {
  it('stores suggestions, the title and the usage, once', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    expect(await save(turn)).toMatchObject(leaseLost)
    await world.finish(turn, { usage: null, isCalled: false })
    const usage = { inputTokens: 10, cachedInputTokens: 0, outputTokens: 10, reasoningTokens: 0 }
    const { body } = await save(turn, { usage })
    expect(body).toEqual({
      suggestions: [
        { id: expect.any(String), suggestion: 'Why?', used: false },
        { id: expect.any(String), suggestion: 'How?', used: false },
      ],
      title: 'About it',
    })
    expect((await save(turn, { title: 'Other', suggestions: ['Else?'] })).body).toEqual(body)
    const page = await listMessages(threadId, token)
    expect(page.thread.title).toBe('About it')
    expect(page.items[0].suggestions).toEqual(body.suggestions)
    const logs = await sql`select purpose, input_tokens::int from loacl.usage_logs where thread_id = ${threadId}`
    expect(logs).toEqual([{ purpose: 'title', input_tokens: 10 }])
    expect((await world.beginTurn(assistantId, token, { threadId })).body.isFirstTurn).toBe(false)
  })

  it('stores nothing that shows nothing', async () => {
    const token = createToken()
    const { turn } = await world.ask(assistantId, token)
    await world.finish(turn)
    for (const text of Object.values(BLANK_TEXTS))
      expect((await save(turn, { title: text, suggestions: [text] })).body).toEqual({ title: null, suggestions: [] })
  })

  it('keeps the title that the visitor gave', async () => {
    const token = createToken()
    const { turn, threadId } = await world.ask(assistantId, token)
    await api.rpc('update_thread', { thread_id: threadId, title: 'Mine' }, { token })
    await world.finish(turn)
    expect((await save(turn)).body.title).toBe('Mine')
    expect((await listMessages(threadId, token)).thread.title).toBe('Mine')
  })
})
