import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let operator: Operator
let caller: { jwt: string }
let turn: BegunTurn

beforeAll(async () => {
  ;({ owner: operator } = await world.createAssistant())
  caller = { jwt: operator.jwt }
})
beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant({ owner: operator }))
  turn = await world.converse(assistantId, createToken())
})
afterAll(() => world.close())

const call = (row: object = {}) =>
  api.insert('tool_executions', { message_id: turn.messageId, tool_name: 'look_up', ...row }, world.asServer())
const advance = (id: string, change: object) => api.update(`tool_executions?id=eq.${id}`, change, world.asServer())

describe('a tool execution', () => {
  it('goes through its steps, each with its time', async () => {
    const { body } = await call({ parameters: { query: 'x' }, approval_requested_at: new Date().toISOString() })
    const { id } = body[0]
    expect(body[0]).toMatchObject({
      status: 'pending',
      thread_id: turn.threadId,
      assistant_id: assistantId,
      approved_at: null,
    })
    expect((await advance(id, { status: 'approved' })).body[0]).toMatchObject({
      approved_at: expect.any(String),
      executed_at: null,
    })
    expect((await advance(id, { status: 'executing' })).body[0]).toMatchObject({
      executed_at: expect.any(String),
      completed_at: null,
    })
    const done = await advance(id, { status: 'completed', result: { rows: 1 }, cost_usd: 0.01 })
    expect(done.body[0]).toMatchObject({ completed_at: expect.any(String), result: { rows: 1 } })
    expect(done.body[0].execution_time_ms).toBeGreaterThanOrEqual(0)
    const seen = await api.select(`tool_executions?id=eq.${id}&select=status,cost_usd`, caller)
    expect(seen.body).toEqual([{ status: 'completed', cost_usd: 0.01 }])
  })

  it.each([
    ['pending', 'executing'],
    ['pending', 'completed'],
    ['pending', 'failed'],
    ['completed', 'executing'],
    ['cancelled', 'approved'],
    ['failed', 'completed'],
  ])('that is %s can’t become %s', async (from, to) => {
    const { id } = (await call({ status: from })).body[0]
    expect(await advance(id, { status: to })).toMatchObject({ status: 400, body: { code: '23514' } })
    expect((await api.select(`tool_executions?id=eq.${id}&select=status`, caller)).body).toEqual([{ status: from }])
  })

  it('that was denied or expired is cancelled, with the reason', async () => {
    const { id } = (await call()).body[0]
    const cancelled = (await advance(id, { status: 'cancelled', error_message: 'denied' })).body[0]
    expect(cancelled).toMatchObject({ completed_at: expect.any(String), approved_at: null, execution_time_ms: null })
  })

  it('can be brought along from elsewhere with its own times', async () => {
    const times = { executed_at: '2026-01-01T00:00:01Z', completed_at: '2026-01-01T00:00:03.5Z' }
    const { body } = await call({ status: 'completed', ...times })
    expect(body[0]).toMatchObject({ execution_time_ms: 2500 })
    expect(Date.parse(body[0].approved_at)).toBe(Date.parse(times.executed_at))
    expect(
      (await call({ status: 'completed', executed_at: times.completed_at, completed_at: times.executed_at })).status,
    ).toBe(400)
  })

  it('is the message’s it names, and none without one', async () => {
    const other = await world.createAssistant()
    const { body } = await call({ assistant_id: other.id, thread_id: crypto.randomUUID() })
    expect(body[0]).toMatchObject({ assistant_id: assistantId, thread_id: turn.threadId })
    expect(await call({ message_id: crypto.randomUUID() })).toMatchObject({
      status: 404,
      body: { message: 'message_not_found' },
    })
    expect(await call({ call_id: 'call_1' })).toMatchObject({ status: 201 })
    expect(await call({ call_id: 'call_1' })).toMatchObject({ status: 409 })
  })
})

const isToolApproved = async (tool_name: string, risk: string, cost_usd?: number | null): Promise<boolean> => {
  const args = { thread_id: turn.threadId, tool_name, risk, ...(cost_usd === undefined ? {} : { cost_usd }) }
  const { status, body } = await api.rpc('is_tool_approved', args, world.asServer())
  expect(status).toBe(200)
  return body
}
const setApproval = async (settings: object): Promise<void> => {
  await api.remove(`auto_approval_settings?assistant_id=eq.${assistantId}`, caller)
  const { status } = await api.insert('auto_approval_settings', { assistant_id: assistantId, ...settings }, caller)
  expect(status).toBe(201)
}

describe('auto-approval', () => {
  it('is given to nothing unless the owner says so', async () => {
    expect(await isToolApproved('look_up', 'read_only')).toBe(false)
    await setApproval({})
    expect(await isToolApproved('look_up', 'read_only')).toBe(false)
  })

  it('goes by risk, once a tool is known', async () => {
    await setApproval({ read_only_operations: true })
    expect(await isToolApproved('look_up', 'read_only')).toBe(false)
    await call({ status: 'completed' })
    expect(await isToolApproved('look_up', 'read_only')).toBe(true)
    expect(await isToolApproved('look_up', 'low')).toBe(false)
    await setApproval({ read_only_operations: true, low_risk_operations: true, require_approval_for_new_tools: false })
    expect(await isToolApproved('send', 'low')).toBe(true)
    expect(await isToolApproved('send', 'high')).toBe(false)
    expect(await isToolApproved('send', '')).toBe(false)
  })

  it('goes by name before that', async () => {
    await setApproval({
      read_only_operations: true,
      require_approval_for_new_tools: false,
      specific_tools: { send: true, look_up: false },
    })
    expect(await isToolApproved('send', 'high')).toBe(true)
    expect(await isToolApproved('look_up', 'read_only')).toBe(false)
    expect(await isToolApproved('other', 'read_only')).toBe(true)
  })

  it('ends at the costs that the owner set, and where a cost is not known', async () => {
    await setApproval({ specific_tools: { send: true }, max_cost_per_tool_usd: 0.5, max_cost_per_hour_usd: 1 })
    expect(await isToolApproved('send', 'high', 0.5)).toBe(true)
    expect(await isToolApproved('send', 'high', 0.51)).toBe(false)
    expect(await isToolApproved('send', 'high', null)).toBe(false)
    await call({ status: 'completed', cost_usd: 0.8 })
    expect(await isToolApproved('send', 'high', 0.2)).toBe(true)
    expect(await isToolApproved('send', 'high', 0.3)).toBe(false)
    await sql`update loacl.tool_executions set created_at = now() - interval '61 minutes' where assistant_id = ${assistantId}`
    expect(await isToolApproved('send', 'high', 0.3)).toBe(true)
  })

  it('can be otherwise in one thread', async () => {
    await setApproval({ specific_tools: { send: true } })
    const auto_approval = {
      specific_tools: { send: false },
      read_only_operations: true,
      require_approval_for_new_tools: false,
    }
    expect((await api.insert('thread_overrides', { thread_id: turn.threadId, auto_approval }, caller)).status).toBe(201)
    expect(await isToolApproved('send', 'high')).toBe(false)
    expect(await isToolApproved('look_up', 'read_only')).toBe(true)
  })

  it('is decided by the functions alone', async () => {
    const args = { thread_id: turn.threadId, tool_name: 'send', risk: 'low' }
    expect((await api.rpc('is_tool_approved', args, caller)).status).toBe(403)
    expect((await api.rpc('is_tool_approved', args)).status).toBe(401)
  })

  it.each([{ specific_tools: { send: 'yes' } }, { specific_tools: [] }, { max_cost_per_tool_usd: -1 }])(
    'refuses settings that mean nothing: %j',
    async (settings) => {
      expect(
        (await api.insert('auto_approval_settings', { assistant_id: assistantId, ...settings }, caller)).status,
      ).toBe(400)
    },
  )

  it.each([
    { send: true },
    { read_only_operations: 'yes' },
    { max_cost_per_hour_usd: -1 },
    { specific_tools: { send: 1 } },
    [],
  ])('refuses overrides that mean nothing: %j', async (auto_approval) => {
    const { status } = await api.insert('thread_overrides', { thread_id: turn.threadId, auto_approval }, caller)
    expect(status).toBe(400)
  })
})

describe('what one thread has otherwise', () => {
  it('is laid over its assistant, and only what is set', async () => {
    await api.insert(
      'thread_overrides',
      { thread_id: turn.threadId, model: 'gpt-6-astra', context_token_budget: 900 },
      caller,
    )
    const read = (thread: string) => sql`
      select (o).model, (o).instructions, (o).context_token_budget, (o).id
      from loacl.assistants a, loacl_private.apply_thread_overrides(a, ${thread}) o where a.id = ${assistantId}
    `
    const own = { instructions: 'The secret instructions.', id: assistantId }
    expect(await read(turn.threadId)).toEqual([{ ...own, model: 'gpt-6-astra', context_token_budget: 900 }])
    expect(await read(crypto.randomUUID())).toEqual([{ ...own, model: 'gpt-6-luna', context_token_budget: 16_000 }])
  })

  it('can be changed and taken away by the operator', async () => {
    await api.insert('thread_overrides', { thread_id: turn.threadId, model: 'a' }, caller)
    const row = `thread_overrides?thread_id=eq.${turn.threadId}`
    expect((await api.update(row, { model: null, instructions: 'Be brief.' }, caller)).body).toMatchObject([
      { model: null, instructions: 'Be brief.' },
    ])
    expect((await api.remove(row, caller)).body).toHaveLength(1)
  })
})

const readInstructions = async (thread: string | null): Promise<string> => {
  const [row] = await sql<{ instructions: string }[]>`
    select (p).instructions from loacl.assistants a, loacl_private.prepare_assistant(a, ${thread}) p where a.id = ${assistantId}
  `
  return row!.instructions
}

describe('what an assistant is given', () => {
  it('stands behind its instructions, in order, under its title', async () => {
    for (const [key, title, is_given, position] of [
      ['b', 'Hours', true, 2],
      ['a', null, true, 1],
      ['c', 'Hidden', false, 0],
    ] as const) {
      const { body } = await api.insert(
        'resources',
        { key: `${turn.threadId}-${key}`, title, content: `About ${key}.` },
        caller,
      )
      await api.insert(
        'assistant_resources',
        { assistant_id: assistantId, resource_id: body[0].id, is_given, position },
        caller,
      )
    }
    await api.insert('thread_overrides', { thread_id: turn.threadId, instructions: 'Be brief.' }, caller)
    const given = `# ${turn.threadId}-a\n\nAbout a.\n\n# Hours\n\nAbout b.`
    expect(await readInstructions(turn.threadId)).toBe(`Be brief.\n\n${given}`)
    expect(await readInstructions(null)).toBe(`The secret instructions.\n\n${given}`)
  })
})

describe('tags and optimizations', () => {
  it('an operator labels conversations, finds them again and renames a label', async () => {
    const { body } = await api.insert('conversation_tags', { name: 'Urgent', color: '#ff0000' }, caller)
    const tag = body[0]
    expect((await api.insert('thread_tags', { thread_id: turn.threadId, tag_id: tag.id }, caller)).body).toMatchObject([
      { assistant_id: assistantId },
    ])
    const found = await api.select(`thread_tags?tag_id=eq.${tag.id}&select=threads(id,title)`, caller)
    expect(found.body).toEqual([{ threads: { id: turn.threadId, title: 'About it' } }])
    expect((await api.update(`conversation_tags?id=eq.${tag.id}`, { name: 'Soon' }, caller)).status).toBe(200)
    expect(await api.insert('conversation_tags', { name: 'SOON' }, caller)).toMatchObject({ status: 409 })
    expect((await api.insert('conversation_tags', { name: ' x ' }, caller)).status).toBe(400)
    expect((await api.insert('conversation_tags', { name: 'x', color: 'red' }, caller)).status).toBe(400)
    await api.remove(`conversation_tags?id=eq.${tag.id}`, caller)
    expect(await sql`select from loacl.thread_tags where thread_id = ${turn.threadId}`).toHaveLength(0)
  })

  it('an optimization makes a conversation shorter, and a summary is one', async () => {
    const row = {
      thread_id: turn.threadId,
      trigger_reason: 'token_limit',
      optimization_type: 'summarization',
      tokens_before: 9000,
      tokens_after: 400,
      summary: 'They met.',
      affected_messages: [turn.userMessageId],
    }
    const insert = (change: object) => api.insert('context_optimizations', { ...row, ...change }, world.asServer())
    expect((await insert({})).body).toMatchObject([
      { assistant_id: assistantId, affected_messages: [turn.userMessageId] },
    ])
    for (const wrong of [
      { tokens_after: 9001 },
      { summary: null },
      { trigger_reason: 'boredom' },
      { optimization_type: 'deletion' },
    ])
      expect((await insert(wrong)).status).toBe(400)
  })
})
