import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createEventCalls } from '../events/event_calls.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls } from '../turns/turn_calls.ts'
import { asked, createToolCalls, digestOf, type Tool } from './tool_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const calls = createToolCalls(world)
const { addTool, begin, decide, resume, rowsOf, runCalls, startWaiting, stop, wait } = calls
const { beginStep, listMessages, read } = createTurnCalls(world)
const { kinds } = createEventCalls(world)

let assistantId: string
let token: string
let tool: Tool

beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant())
  token = createToken()
  tool = await addTool(assistantId)
})
afterAll(() => world.close())

const decided = { status: 409, body: { message: 'execution_decided' } }
const missing = { status: 404, body: { message: 'execution_not_found' } }

describe('a call that is asked about', () => {
  it('is approved, and run by the worker that takes the turn up', async () => {
    const {
      turn,
      threadId,
      messageId,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const waiting = {
      messageId,
      step: 1,
      expiresAt: call!.expiresAt,
      calls: [{ id: call!.id, kind: 'server', status: 'pending', expiresAt: call!.expiresAt }],
    }
    expect((await read(turn, 0, token)).body.waiting).toEqual(waiting)
    expect((await listMessages(threadId, token)).waiting).toEqual(waiting)
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })

    const { lastEvent } = await listMessages(threadId, token)
    const { body } = await decide(call!, true, token)
    expect(body).toMatchObject({
      turnId: turn.id,
      state: 'waiting',
      isReady: true,
      waiting: { step: 1, calls: [{ id: call!.id, status: 'approved', expiresAt: null }] },
    })
    expect(await kinds(threadId, { token }, lastEvent)).toEqual(['turn_waiting'])

    const resumed = (await resume(turn, token)).body
    expect(resumed).toMatchObject({
      joined: false,
      calls: [{ id: call!.id, status: 'approved', approvedBy: 'visitor' }],
    })
    const run = { body: { calls: [{ id: call!.id, status: 'executing' }] } }
    expect(await runCalls(resumed.turn)).toMatchObject(run)
    expect(await runCalls(resumed.turn)).toMatchObject(run)
    expect(await calls.endCall(resumed.turn, call!, { result: { ok: true } })).toMatchObject({
      body: { status: 'completed', result: { ok: true } },
    })
    expect((await beginStep(resumed.turn, 2, null, [{ output: 1 }])).body).toEqual({ state: 'running' })
    expect((await listMessages(threadId, token)).waiting).toBeNull()
  })

  it('is denied, with a reason, and does not run', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const { body } = await decide(call!, false, token, { reason: `Not now. ${'x'.repeat(600)}` })
    expect(body).toMatchObject({ isReady: true, waiting: { calls: [{ status: 'denied' }] } })
    const resumed = (await resume(turn, token)).body
    const [denied] = (await runCalls(resumed.turn)).body.calls
    expect(denied).toMatchObject({ status: 'cancelled', errorCode: 'denied', approvedBy: null })
    expect(denied.errorMessage).toHaveLength(500)
    const { body: exported } = await api.rpc('export_visitor_data', {}, { token })
    expect(exported.threads[0].messages[1].denials).toMatchObject([
      { toolCallId: call!.id, reason: denied.errorMessage },
    ])
  })

  it('is one of several: the turn goes on when all are decided', async () => {
    const {
      turn,
      calls: [one, two],
    } = await startWaiting(assistantId, token, [asked(tool), asked(tool)])
    expect((await decide(one!, true, token)).body).toMatchObject({ isReady: false })
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
    expect((await decide(two!, false, token)).body).toMatchObject({ isReady: true })
    const tries = await Promise.all([1, 2, 3].map(() => resume(turn, token)))
    expect(tries.filter(({ body }) => !body.joined)).toHaveLength(1)
  })

  it('is decided while its worker still runs, which then need not wait', async () => {
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    expect((await decide(call!, true, token)).body).toEqual({
      turnId: turn.id,
      state: 'running',
      isReady: false,
      waiting: null,
    })
    expect((await wait(turn)).body).toEqual({ state: 'running', waiting: null })
    expect((await runCalls(turn)).body.calls).toMatchObject([{ status: 'executing' }])
  })

  it('is decided once: the same decision again is fine, another is not', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await decide(call!, true, token)
    expect(await decide(call!, true, token)).toMatchObject({ status: 200, body: { isReady: true } })
    const before = await rowsOf(turn)
    expect(await decide(call!, false, token)).toMatchObject(decided)
    expect(await rowsOf(turn)).toEqual(before)
    await resume(turn, token)
    expect(await decide(call!, true, token)).toMatchObject({ status: 200, body: { state: 'running', isReady: false } })
  })

  it('is decided by one of two tabs that disagree at once', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const answers = await Promise.all([true, false, true, false].map((approved) => decide(call!, approved, token)))
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(2)
    expect(answers.filter(({ body }) => body.message === 'execution_decided')).toHaveLength(2)
    const [row] = await rowsOf(turn)
    expect([row!['status'], row!['error_code']]).toBeOneOf([
      ['approved', null],
      ['cancelled', 'denied'],
    ])
  })

  it('is decided by no approval that needed none', async () => {
    await calls.approve(assistantId, { specific_tools: sql.json({ look_up: true }) })
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    expect(await decide(call!, true, token)).toMatchObject(decided)
    expect(await decide(call!, false, token)).toMatchObject(decided)
  })
})

const limit = (limits: Record<string, number | null>) =>
  sql`update loacl.assistants set ${sql(limits)} where id = ${assistantId}`
const usedUp = { status: 429, body: { message: 'budget_exceeded' } }

describe('an approval where the budget is used up', () => {
  it('is refused, is not used up by that, and may be given again once there is room', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const before = await rowsOf(turn)
    await limit({ tokens_per_day: 1 })
    expect(await decide(call!, true, token)).toMatchObject(usedUp)
    expect(await rowsOf(turn)).toEqual(before)
    expect((await read(turn, 0, token)).body.waiting).toMatchObject({ calls: [{ status: 'pending' }] })
    await limit({ tokens_per_day: null })
    expect((await decide(call!, true, token)).body).toMatchObject({ isReady: true })
    const resumed = (await resume(turn, token)).body
    expect((await runCalls(resumed.turn)).body.calls).toMatchObject([{ status: 'executing' }])
  })

  it('is refused where the fee of its tool leaves no room', async () => {
    await sql`update loacl.assistant_tools set cost_usd = 2 where id = ${tool.id}`
    const {
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await limit({ spend_per_day_usd: 1.99 })
    expect(await decide(call!, true, token)).toMatchObject(usedUp)
    await limit({ spend_per_day_usd: 3 })
    expect(await decide(call!, true, token)).toMatchObject({ status: 200 })
  })

  it('leaves a denial alone', async () => {
    const {
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await limit({ tokens_per_day: 1 })
    expect(await decide(call!, false, token)).toMatchObject({ status: 200, body: { isReady: true } })
  })

  it('meanwhile lets no call run: the turn ends, and says why', async () => {
    const {
      turn,
      threadId,
      calls: [first, second],
    } = await startWaiting(assistantId, token, [asked(tool), asked(tool)])
    expect(await decide(first!, true, token)).toMatchObject({ status: 200 })
    await limit({ tokens_per_day: 1 })
    expect((await decide(second!, false, token)).body).toMatchObject({ isReady: true })
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
    expect(await rowsOf(turn)).toMatchObject([
      { status: 'cancelled', error_code: 'stopped', executed_at: null, cost_usd: '0' },
      { status: 'cancelled', error_code: 'denied' },
    ])
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({ status: 'cut', cutReason: 'budget' })
  })

  it('counts what the turn itself reserves once: of a step that still runs, the next is next', async () => {
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    const [reserved] = await sql<{ tokens: number }[]>`
      select sum(tokens)::int as tokens from loacl_private.reservations where turn_id = ${turn.id}`
    await limit({ tokens_per_day: reserved!.tokens - 100 })
    expect(await decide(call!, true, token)).toMatchObject(usedUp)
    await limit({ tokens_per_day: reserved!.tokens + 100 })
    expect(await decide(call!, true, token)).toMatchObject({ status: 200 })
  })
})

describe('an approval', () => {
  it('is for the arguments that it names', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const before = await rowsOf(turn)
    for (const arguments_digest of [digestOf({ order: 8 }), '', null])
      expect(await decide(call!, true, token, { arguments_digest })).toMatchObject(missing)
    expect(await decide(call!, false, token, { arguments_digest: digestOf({ order: 8 }) })).toMatchObject(missing)
    expect(await rowsOf(turn)).toEqual(before)
    expect(await decide(call!, false, token, { arguments_digest: null })).toMatchObject({ status: 200 })
  })

  it('is for the tool as it was: one that changed, is off or has gone is not called', async () => {
    const change = [
      () => sql`update loacl.assistant_tools set description = 'Sends money.' where id = ${tool.id}`,
      () => sql`update loacl.assistant_tools set is_active = false where id = ${tool.id}`,
      () =>
        sql`update loacl.assistant_tools set is_active = true, endpoint = 'https://evil.test/' where id = ${tool.id}`,
      () => sql`delete from loacl.assistant_tools where id = ${tool.id}`,
    ]
    const ready = await Promise.all(
      change.map(async () => {
        const own = createToken()
        const {
          turn,
          calls: [call],
        } = await startWaiting(assistantId, own, [asked(tool)])
        await decide(call!, true, own)
        return (await resume(turn, own)).body.turn
      }),
    )
    for (const [n, apply] of change.entries()) {
      await apply()
      const { body } = await runCalls(ready[n])
      expect(body.calls).toMatchObject([{ status: 'cancelled', errorCode: 'tool_changed', result: null }])
    }
  })

  it('of a tool that changed meanwhile makes the call one that the turn goes on without', async () => {
    const {
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await sql`update loacl.assistant_tools set parameters = '{"type": "object", "properties": {"to": {}}}' where id = ${tool.id}`
    expect((await decide(call!, true, token)).body).toMatchObject({
      isReady: true,
      waiting: { calls: [{ status: 'done' }] },
    })
  })

  it('comes in time, or not at all: the turn is cut, and the call says so', async () => {
    const {
      turn,
      threadId,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await calls.expireCall(call!)
    expect(await decide(call!, true, token)).toMatchObject({ status: 409, body: { message: 'approval_expired' } })
    expect((await calls.continueTurn(turn, token)).body).toMatchObject({ state: 'cut', isReady: false, waiting: null })
    expect(await rowsOf(turn)).toMatchObject([{ status: 'cancelled', error_code: 'expired' }])
    expect(await decide(call!, true, token)).toMatchObject({ status: 409, body: { message: 'approval_expired' } })
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({ status: 'cut', cutReason: 'time_limit' })
  })

  it('comes too late for a turn that was stopped, or cancelled by a new message', async () => {
    const stopped = await startWaiting(assistantId, token, [asked(tool)])
    await stop(stopped.turn, token)
    expect(await rowsOf(stopped.turn)).toMatchObject([{ status: 'cancelled', error_code: 'stopped' }])
    expect(await decide(stopped.calls[0]!, true, token)).toMatchObject(decided)

    token = createToken()
    const left = await startWaiting(assistantId, token, [asked(tool)])
    await world.ask(assistantId, token, 'Never mind.', left.threadId)
    expect(await rowsOf(left.turn)).toMatchObject([{ status: 'cancelled', error_code: 'cancelled' }])
    expect(await decide(left.calls[0]!, true, token)).toMatchObject(decided)
  })

  it('and a stop, or a new message, at the same moment leave one of the two', async () => {
    for (const other of ['stop', 'ask']) {
      const own = createToken()
      const {
        turn,
        threadId,
        calls: [call],
      } = await startWaiting(assistantId, own, [asked(tool)])
      const [approval] = await Promise.all([
        decide(call!, true, own),
        other === 'stop' ? stop(turn, own) : world.ask(assistantId, own, 'Next', threadId),
      ])
      const [row] = await rowsOf(turn)
      expect(row).toMatchObject({ status: 'cancelled', error_code: other === 'stop' ? 'stopped' : 'cancelled' })
      expect(approval.status).toBeOneOf([200, 409])
      expect((await resume(turn, own)).body).toMatchObject({ joined: true })
    }
  })

  it('is nobody else’s to give', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const other = await world.createAssistant()
    const otherToken = createToken()
    await world.ask(other.id, otherToken)
    const before = await rowsOf(turn)
    expect(await decide(call!, true, createToken())).toMatchObject(missing)
    expect(await decide(call!, true, otherToken)).toMatchObject(missing)
    expect(await decide({ id: crypto.randomUUID() }, true, token)).toMatchObject(missing)
    expect(await decide(call!, true, undefined)).toMatchObject({ status: 401, body: { message: 'session_missing' } })
    const args = { execution_id: call!.id, approved: true, arguments_digest: digestOf({ order: 7 }) }
    expect((await api.rpc('decide_call', args, { token })).status).toBe(401)
    expect(await calls.continueTurn(turn, createToken())).toMatchObject({
      status: 404,
      body: { message: 'turn_not_found' },
    })
    expect(await decide(call!, null as never, token)).toMatchObject({ status: 400, body: { message: 'invalid_body' } })
    expect(await rowsOf(turn)).toEqual(before)

    await api.rpc(
      'delete_thread',
      { thread_id: (await sql`select thread_id from loacl_private.turns where id = ${turn.id}`)[0]!['thread_id'] },
      { token },
    )
    expect(await decide(call!, true, token)).toMatchObject(missing)
    expect((await api.rpc('erase_visitor_data', {}, { token })).status).toBe(200)
    expect(await decide(call!, true, token)).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await rowsOf(turn)).toEqual([])
  })
})
