import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createNeighbours } from './neighbours.ts'

const world = createWorld(workerStack())
const { api } = world
const tokenOfA = createToken()

let assistantId: string
let operator: Operator
let ofA: BegunTurn

beforeAll(async () => {
  ;({ assistantId, operator, ofA } = await createNeighbours(world, tokenOfA))
})
afterAll(() => world.close())

describe('what is for the functions alone', () => {
  const id = crypto.randomUUID()
  it.each([
    ['begin_turn', { request: {} }],
    ['append_turn_parts', { turn_id: id, lease: id, seq: 1, parts: [] }],
    ['read_turn_parts', { turn_id: id, after_seq: 0 }],
    ['stop_turn', { turn_id: id }],
    ['find_turn', { thread_id: id }],
    ['begin_step', { turn_id: id, lease: id, step: 2, input: [], outcome: {} }],
    ['wait_turn', { turn_id: id, lease: id, wait_ms: 1, outcome: {} }],
    ['resume_turn', { turn_id: id, step: 1, lease: id, deadline_ms: 1 }],
    ['finish_turn', { turn_id: id, lease: id, outcome: {} }],
    ['save_follow_ups', { turn_id: id, lease: id, title: null, suggestions: [], usage: null }],
    ['begin_summary', { turn_id: id, lease: id }],
    ['save_summary', { turn_id: id, lease: id, plan: {}, summary: 'It.', usage: null }],
    ['shorten_history', { turn_id: id, lease: id }],
  ])('%s is refused to visitors and operators', async (name, args) => {
    expect(await api.rpc(name, args, { token: tokenOfA })).toMatchObject({ status: 401, body: { code: '42501' } })
    expect(await api.rpc(name, args, { token: tokenOfA, jwt: operator.jwt })).toMatchObject({
      status: 403,
      body: { code: '42501' },
    })
  })

  it.each([{ token: tokenOfA }, { key: workerStack().secretKey }])(
    'loacl_private can’t be reached by the Data API',
    async (caller) => {
      const profile = { 'accept-profile': 'loacl_private', 'content-profile': 'loacl_private' }
      for (const table of [
        'operators',
        'secrets',
        'session_tokens',
        'turns',
        'turn_steps',
        'turn_chunks',
        'message_internals',
        'thread_contexts',
      ]) {
        expect((await api.select(`${table}?select=*`, caller, profile)).status).toBe(406)
        expect((await api.select(`${table}?select=*`, caller)).status).toBe(404)
      }
      expect((await api.rpc('own_session_ids', {}, caller, profile)).status).toBe(406)
      expect((await api.rpc('own_session_ids', {}, caller)).status).toBe(404)
    },
  )

  it('nothing of the owner’s is in what a visitor is told', async () => {
    const caller = { token: tokenOfA, origin: 'https://site.test' }
    const answers = await Promise.all([
      api.rpc('open_session', { assistant_id: assistantId }, caller),
      api.rpc('list_threads', { assistant_id: assistantId }, caller),
      api.rpc('list_messages', { thread_id: ofA.threadId }, caller),
      api.select('messages?select=*', caller),
    ])
    const told = JSON.stringify(answers)
    for (const secret of [
      'secret instructions',
      'sealed by the provider',
      'resp_1',
      'ciphertext',
      'cost',
      operator.userId,
    ])
      expect(told).not.toContain(secret)
  })
})
