import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, leaseLost, stepOutcome } from '../turns/turn_calls.ts'
import { asked, createToolCalls, type Tool } from './tool_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const { addTool, approve, begin, beginCalls, decide, endCall, rowsOf, runCalls } = createToolCalls(world)
const { beginStep } = createTurnCalls(world)

let assistantId: string
let token: string
let tool: Tool

beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant())
  token = createToken()
  tool = await addTool(assistantId)
})
afterAll(() => world.close())

const runsAlone = () => approve(assistantId, { specific_tools: sql.json({ [tool.name]: true }) })

describe('calls that a model asks for', () => {
  it('wait for an approval unless the owner’s settings give one, and run at once where they do', async () => {
    const first = await world.ask(assistantId, token)
    const [pending] = await begin(first.turn, [asked(tool)])
    expect(pending).toMatchObject({ status: 'pending', kind: 'server', approvedBy: null, arguments: { order: 7 } })
    const seconds = (Date.parse(pending!.expiresAt!) - Date.now()) / 1_000
    expect(seconds).toBeGreaterThan(86_000)
    expect(seconds).toBeLessThan(86_401)

    await runsAlone()
    const { turn } = await world.ask(assistantId, createToken())
    const [running] = await begin(turn, [asked(tool, { order: 8 })])
    expect(running).toMatchObject({ status: 'executing', approvedBy: 'settings', expiresAt: null })
    expect(running!.idempotencyKey).toBe(running!.id)
  })

  it('of a page wait to be claimed, as long as the tool may take', async () => {
    const page = await addTool(assistantId, { name: 'open_menu', kind: 'page', timeout_ms: 5_000 })
    await approve(assistantId, { specific_tools: sql.json({ open_menu: true }) })
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(page)])
    expect(call).toMatchObject({ status: 'approved', kind: 'page', approvedBy: 'settings' })
    expect(Date.parse(call!.expiresAt!) - Date.now()).toBeLessThan(5_001)
  })

  it('of a tool that is another by now than the model was told of are refused', async () => {
    await runsAlone()
    const { turn, tools } = (await world.beginTurn(assistantId, token)).body
    const { digest } = tools[0]
    const [same] = await begin(turn, [asked(tool, { order: 1 }, { toolDigest: digest })])
    expect(same).toMatchObject({ status: 'executing' })
    await sql`update loacl.assistant_tools set endpoint = 'https://other.test/' where id = ${tool.id}`
    const [, changed] = await begin(turn, [asked(tool, { order: 2 }, { toolDigest: digest })])
    expect(changed).toMatchObject({ status: 'cancelled', errorCode: 'tool_changed' })
  })

  it('of tools that are not there, not on, not offered to guests, or not theirs to call are refused', async () => {
    await approve(assistantId, {
      specific_tools: sql.json({ off: true, known: true, search: true, look_up: true }),
    })
    const other = await world.createAssistant()
    const others = [
      await addTool(assistantId, { name: 'off', is_active: false }),
      await addTool(assistantId, { name: 'known', identified_only: true }),
      await addTool(assistantId, { name: 'search', kind: 'hosted', hosted_type: 'web_search' }),
      await addTool(other.id),
    ]
    const { turn } = await world.ask(assistantId, token)
    const calls = [
      ...others.map((each) => asked(each)),
      asked(tool, {}, { toolId: null, name: 'x'.repeat(300), arguments: null, errorCode: 'tool_unknown' }),
    ]
    const begun = await begin(turn, calls)
    expect(begun.map(({ status, errorCode }) => [status, errorCode])).toEqual(
      calls.map(() => ['cancelled', 'tool_unknown']),
    )
    expect(begun.at(-1)!.name).toHaveLength(200)
  })

  it('that do not fit, and those after the sixteenth, are refused; the others stand', async () => {
    const { turn } = await world.ask(assistantId, token)
    const wrong = asked(tool, {}, { arguments: null })
    const many = Array.from({ length: 40 }, (_, n) => asked(tool, { n }))
    const begun = await begin(turn, [wrong, ...many])
    expect(begun.map(({ callId }) => callId)).toEqual([wrong, ...many].map(({ callId }) => callId))
    expect(begun[0]).toMatchObject({ status: 'cancelled', errorCode: 'arguments_invalid' })
    expect(begun.slice(1, 16).every(({ status }) => status === 'pending')).toBe(true)
    expect(begun.slice(16).every(({ errorCode }) => errorCode === 'too_many_calls')).toBe(true)
    const costs =
      await sql`select distinct cost_usd::float8 from loacl.tool_executions where turn_id = ${turn.id} and status = 'cancelled'`
    expect(costs).toEqual([{ cost_usd: 0 }])
  })

  it('are there once, however often they are asked for, and a provider’s id may come again in the next step', async () => {
    await runsAlone()
    const { turn } = await world.ask(assistantId, token)
    const call = asked(tool)
    const first = await begin(turn, [call])
    expect(await begin(turn, [call])).toEqual(first)
    await endCall(turn, first[0]!, { result: 'sent' })
    await beginStep(turn, 2, stepOutcome('So far'))
    const second = await begin(turn, [call], 2)
    expect(second[0]!.id).not.toBe(first[0]!.id)
    expect(await rowsOf(turn)).toHaveLength(2)
  })

  it('are nobody’s but the worker’s that has the lease, and of the step that runs', async () => {
    const { turn } = await world.ask(assistantId, token)
    expect(await beginCalls({ ...turn, lease: crypto.randomUUID() }, [asked(tool)])).toMatchObject(leaseLost)
    expect(await beginCalls(turn, [asked(tool)], 2)).toMatchObject({ status: 500, body: { message: 'internal' } })
    await world.finish(turn)
    expect(await beginCalls(turn, [asked(tool)])).toMatchObject(leaseLost)
    expect(await rowsOf(turn)).toEqual([])
  })
})

const known = async () => {
  await runsAlone()
  const { turn } = await world.ask(assistantId, createToken())
  const [call] = await begin(turn, [asked(tool, { known: true })])
  await endCall(turn, call!, { result: 1 })
  await world.finish(turn)
  await sql`update loacl.auto_approval_settings set specific_tools = '{}', read_only_operations = true where assistant_id = ${assistantId}`
  await sql`update loacl.assistant_tools set risk = 'read_only' where id = ${tool.id}`
}
const statusNow = async (args = { order: 7 }) => {
  const { turn } = await world.ask(assistantId, createToken())
  return (await begin(turn, [asked(tool, args)]))[0]!.status
}

describe('what need not be asked about', () => {
  it('is no new tool, and one that changed is new', async () => {
    await approve(assistantId, { read_only_operations: true })
    await sql`update loacl.assistant_tools set risk = 'read_only' where id = ${tool.id}`
    expect(await statusNow()).toBe('pending')
    await known()
    expect(await statusNow()).toBe('executing')
    await sql`update loacl.assistant_tools set description = 'Something else.' where id = ${tool.id}`
    expect(await statusNow()).toBe('pending')
  })

  it('can be otherwise in one thread', async () => {
    await known()
    const { threadId, turn } = await world.ask(assistantId, token)
    await sql`insert into loacl.thread_overrides (thread_id, auto_approval) values (${threadId}, '{"read_only_operations": false}')`
    expect((await begin(turn, [asked(tool)]))[0]!.status).toBe('pending')
  })

  it('ends at the costs that the owner set, counted by one turn after the other', async () => {
    await approve(assistantId, {
      specific_tools: sql.json({ [tool.name]: true }),
      max_cost_per_tool_usd: 0.5,
      max_cost_per_hour_usd: 1,
    })
    await sql`update loacl.assistant_tools set cost_usd = 0.5 where id = ${tool.id}`
    const turns = await Promise.all(Array.from({ length: 4 }, () => world.ask(assistantId, createToken())))
    const begun = await Promise.all(
      turns.map(({ turn }, n) => begin(turn, [asked(tool, { n }), asked(tool, { n: -n })])),
    )
    const statuses = begun.flat().map(({ status }) => status)
    expect(statuses.filter((status) => status === 'executing')).toHaveLength(2)
    expect(statuses.filter((status) => status === 'pending')).toHaveLength(6)

    await sql`update loacl.tool_executions set created_at = now() - interval '2 hours' where assistant_id = ${assistantId}`
    await sql`update loacl.assistant_tools set cost_usd = 0.51 where id = ${tool.id}`
    expect(await statusNow()).toBe('pending')
    await sql`update loacl.assistant_tools set cost_usd = null where id = ${tool.id}`
    expect(await statusNow()).toBe('pending')
  })
})

/** Two calls are above it. */
const ceiling = async () => {
  await approve(assistantId, { specific_tools: sql.json({ [tool.name]: true }), max_cost_per_hour_usd: 1 })
  await sql`update loacl.assistant_tools set cost_usd = 0.6 where id = ${tool.id}`
}

describe('what calls of the last hour cost', () => {
  it('counts although the visitor has erased the conversation since', async () => {
    await ceiling()
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    await endCall(turn, call!, { result: 1 })
    await world.finish(turn)
    expect(await statusNow()).toBe('pending')
    await world.api.rpc('erase_visitor_data', {}, { token })
    expect(await statusNow()).toBe('pending')
  })

  it('counts from when they ran: one may have waited for its approval', async () => {
    await ceiling()
    await sql`update loacl.auto_approval_settings set specific_tools = '{}' where assistant_id = ${assistantId}`
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    await sql`update loacl.tool_executions set created_at = now() - interval '2 hours' where id = ${call!.id}`
    await decide(call!, true, token)
    await runCalls(turn)
    await ceiling()
    expect(await statusNow()).toBe('pending')
    await endCall(turn, call!, { result: 1 })
    expect(await statusNow()).toBe('pending')
  })
})

/** A question whose first answer called the tool, and another try at it. */
const tryAgain = async (type = 'regenerate', outcome: Record<string, unknown> = {}) => {
  const first = await world.ask(assistantId, token)
  const [ran] = await begin(first.turn, [asked(tool)])
  await endCall(first.turn, ran!, { result: 'sent' })
  await world.finish(first.turn, outcome)
  const again = await world.beginTurn(assistantId, token, {
    type,
    id: crypto.randomUUID(),
    threadId: first.threadId,
    messageId: type === 'edit' ? first.userMessageId : first.messageId,
    text: 'And now?',
  })
  expect(again.status).toBe(200)
  return { ran: ran!, again: again.body }
}

/** The model makes a call again that ended so, in the next step. */
const repeat = async (errorCode: string) => {
  await runsAlone()
  const { turn } = await world.ask(assistantId, token)
  const [first] = await begin(turn, [asked(tool)])
  await endCall(turn, first!, { errorCode })
  await beginStep(turn, 2, stepOutcome('So far'))
  const [same, other] = await begin(turn, [asked(tool), asked(tool, { order: 8 })], 2)
  return { first: first!, same: same!, other: other! }
}

describe('a call that ran before for the same question', () => {
  it.each(['regenerate', 'edit'])(
    'is asked about after %s, although its tool needs no approval; with other arguments it is not',
    async (type) => {
      await runsAlone()
      const { again } = await tryAgain(type)
      const [same, other] = await begin(again.turn, [asked(tool), asked(tool, { order: 8 })])
      expect([same!.status, other!.status]).toEqual(['pending', 'executing'])
    },
  )

  it('has the key of the earlier one, where the tool is idempotent', async () => {
    await sql`update loacl.assistant_tools set is_idempotent = true where id = ${tool.id}`
    await runsAlone()
    const { ran, again } = await tryAgain()
    const [same, other] = await begin(again.turn, [asked(tool), asked(tool, { order: 8 })])
    expect(same!.idempotencyKey).toBe(ran.idempotencyKey)
    expect(other!.idempotencyKey).toBe(other!.id)
  })

  it('is asked about after an answer that moderation withdrew, of whose calls the arguments are gone', async () => {
    await sql`update loacl.assistant_tools set is_idempotent = true where id = ${tool.id}`
    await runsAlone()
    const { again } = await tryAgain('regenerate', { state: 'failed', errorCode: 'output_flagged' })
    const [call] = await begin(again.turn, [asked(tool)])
    expect(call).toMatchObject({ status: 'pending', idempotencyKey: call!.id })
  })

  it('is asked about in the same turn where nobody knows what came of it', async () => {
    await runsAlone()
    const { turn } = await world.ask(assistantId, token)
    const [lost] = await begin(turn, [asked(tool)])
    await endCall(turn, lost!, { errorCode: 'tool_timeout' })
    await beginStep(turn, 2, stepOutcome('So far'))
    const [again] = await begin(turn, [asked(tool)], 2)
    expect(again!.status).toBe('pending')
  })

  it.each(['tool_unreachable', 'tool_result_invalid', 'tool_result_too_large'])(
    'is asked about in the same turn where it reached its tool, or may have: %s',
    async (errorCode) => {
      const { same, other } = await repeat(errorCode)
      expect([same.status, other.status]).toEqual(['pending', 'executing'])
    },
  )

  it('runs unasked with the key of the first where its tool does a thing once for each key', async () => {
    await sql`update loacl.assistant_tools set is_idempotent = true where id = ${tool.id}`
    const { first, same } = await repeat('tool_unreachable')
    expect([same.status, same.idempotencyKey]).toEqual(['executing', first.idempotencyKey])
  })

  it.each(['tool_refused', 'tool_failed'])('runs unasked where its tool says that it did nothing: %s', async (code) => {
    expect((await repeat(code)).same.status).toBe('executing')
  })
})
