import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { asked, createToolCalls, type Tool } from './tool_calls.ts'

const world = createWorld(workerStack())
const { sql } = world
const calls = createToolCalls(world)
const { answer, claim, continueTurn, decide, resume, rowsOf, startWaiting } = calls

let assistantId: string
let token: string
let tool: Tool

beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant())
  token = createToken()
  tool = await calls.addTool(assistantId, { name: 'open_menu', kind: 'page', max_result_bytes: 100 })
  await calls.approve(assistantId, { specific_tools: sql.json({ open_menu: true }) })
})
afterAll(() => world.close())

const decided = { status: 409, body: { message: 'execution_decided' } }

describe('a page’s call', () => {
  it('is taken by one tab, which answers, and the turn goes on', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const claims = await Promise.all(['one', 'two', 'three'].map((tab) => claim(call!, tab, token)))
    expect(claims.filter(({ status }) => status === 200)).toHaveLength(1)
    const tab = ['one', 'two', 'three'][claims.findIndex(({ status }) => status === 200)]!
    const [row] = await rowsOf(turn)
    expect(row).toMatchObject({ status: 'executing', claimed_by: tab })
    expect(await claim(call!, tab, token)).toMatchObject({
      status: 200,
      body: { arguments: { order: 7 }, expiresAt: expect.any(String) },
    })
    expect(await answer(call!, 'another', { output: 1 }, token)).toMatchObject(decided)
    const done = await answer(call!, tab, { output: { isOpen: true } }, token)
    expect(done).toMatchObject({
      status: 200,
      body: { turnId: turn.id, isReady: true, waiting: { calls: [{ status: 'done' }] } },
    })
    expect(await answer(call!, tab, { output: { isOpen: true } }, token)).toMatchObject({ status: 200 })
    expect(await answer(call!, tab, { output: 2 }, token)).toMatchObject(decided)
    expect((await resume(turn, token)).body.calls).toMatchObject([{ status: 'completed', result: { isOpen: true } }])
  })

  it('waits for the visitor’s approval before it can be taken, and then for a page', async () => {
    await sql`update loacl.auto_approval_settings set specific_tools = '{}' where assistant_id = ${assistantId}`
    const {
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    expect(await claim(call!, 'one', token)).toMatchObject(decided)
    const { body } = await decide(call!, true, token)
    expect(body).toMatchObject({ isReady: false, waiting: { calls: [{ status: 'approved' }] } })
    expect(Date.parse(body.waiting.calls[0].expiresAt) - Date.now()).toBeLessThan(10_001)
    expect(await claim(call!, 'one', token)).toMatchObject({ status: 200 })
  })

  it('fails in the page’s own words', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await claim(call!, 'one', token)
    expect((await answer(call!, 'one', { error: 'No menu here.' }, token)).body).toMatchObject({ isReady: true })
    expect(await rowsOf(turn)).toMatchObject([
      { status: 'failed', error_code: 'tool_failed', error_message: 'No menu here.', result: null },
    ])
  })

  it.each([
    ['too large', { output: 'x'.repeat(101) }, 413, 'tool_result_too_large'],
    ['nothing', {}, 400, 'invalid_body'],
    ['both', { output: 1, error: 'x' }, 400, 'invalid_body'],
    ['no words', { error: 1 }, 400, 'invalid_body'],
  ])('is not answered with what is %s', async (_, wrong, status, message) => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await claim(call!, 'one', token)
    const before = await rowsOf(turn)
    expect(await answer(call!, 'one', wrong, token)).toMatchObject({ status, body: { message } })
    expect(await rowsOf(turn)).toEqual(before)
  })

  it('is taken by no tab without a name, of no other person, and of no server', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    const before = await rowsOf(turn)
    for (const tab of ['', 'a b', 'x'.repeat(129)])
      expect(await claim(call!, tab, token)).toMatchObject({ status: 400, body: { message: 'invalid_body' } })
    const missing = { status: 404, body: { message: 'execution_not_found' } }
    expect(await claim(call!, 'one', createToken())).toMatchObject(missing)
    expect(await answer(call!, 'one', { output: 1 }, createToken())).toMatchObject(missing)
    expect(await answer(call!, 'one', { output: 1 }, token)).toMatchObject(decided)
    expect(await rowsOf(turn)).toEqual(before)

    const own = createToken()
    const server = await calls.addTool(assistantId)
    const other = await startWaiting(assistantId, own, [asked(server)])
    await decide(other.calls[0]!, true, own)
    expect(await claim(other.calls[0]!, 'one', own)).toMatchObject(decided)
  })

  it('is not taken once its tool is another', async () => {
    const {
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await sql`update loacl.assistant_tools set description = 'Pays.' where id = ${tool.id}`
    expect(await claim(call!, 'one', token)).toMatchObject(decided)
  })
})

describe('a page’s call whose time is over', () => {
  it('is cancelled where no tab took it, and the turn goes on', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    expect((await continueTurn(turn, token)).body).toMatchObject({ state: 'waiting', isReady: false })
    await calls.expireCall(call!)
    expect(await claim(call!, 'late', token)).toMatchObject(decided)
    expect((await continueTurn(turn, token)).body).toMatchObject({ state: 'waiting', isReady: true })
    expect((await resume(turn, token)).body.calls).toMatchObject([
      { status: 'cancelled', errorCode: 'page_unavailable' },
    ])
  })

  it('is failed where a tab took it and vanished, and an answer that comes later changes nothing', async () => {
    const {
      turn,
      calls: [call],
    } = await startWaiting(assistantId, token, [asked(tool)])
    await claim(call!, 'one', token)
    await calls.expireCall(call!)
    expect((await continueTurn(turn, token)).body).toMatchObject({ isReady: true })
    expect(await rowsOf(turn)).toMatchObject([{ status: 'failed', error_code: 'unknown' }])
    expect(await answer(call!, 'one', { output: 1 }, token)).toMatchObject(decided)
    expect(await claim(call!, 'one', token)).toMatchObject(decided)
  })

  it('ends with the turn that its page never came for', async () => {
    const { turn } = await startWaiting(assistantId, token, [asked(tool)])
    await sql`update loacl_private.turns set wait_expires_at = now() where id = ${turn.id}`
    expect((await continueTurn(turn, token)).body).toMatchObject({ state: 'cut' })
    expect(await rowsOf(turn)).toMatchObject([{ status: 'cancelled', error_code: 'expired' }])
  })
})
