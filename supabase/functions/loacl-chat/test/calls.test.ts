import { afterEach, describe, expect, it, vi } from 'vitest'
import { newCaller } from '../../_shared/test/contract_visitor.ts'
import { fault } from '../../_shared/test/memory_turn.ts'
import { completed, created, type ScriptStep, textDelta, toolCall } from '../../_shared/test/scripted_model.ts'
import { tool } from '../../_shared/test/tools.ts'
import type { Call } from '../../_shared/domain/tools/tool.ts'
import { createChatWorld, partsOf } from './chat_world.ts'

const calling = (...calls: ScriptStep[]): ScriptStep[] => [created, ...calls, completed]
const pay = tool({ name: 'pay' })
const scroll = tool({ name: 'scroll', kind: 'page', endpoint: null, maxResultBytes: 100 })

/** A turn whose model calls tools, and then answers. */
async function startCalling(...calls: ScriptStep[]) {
  const world = await createChatWorld(calling(...calls), { laterSteps: [[created, textDelta('Done.'), completed]] })
  world.store.toolCalls.tools = [pay, scroll]
  world.store.toolCalls.isApproved = ({ kind }) => kind === 'page'
  const seen = await partsOf(await world.post(world.message()))
  await world.settled()
  const made = world.store.toolCalls.all as readonly Call[]
  const turnId = [...world.store.turns.keys()][0]!
  const post = (path: string, body: unknown, headers?: Record<string, string>) =>
    world.request(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }, headers)
  const decide = ({ id, argumentsDigest }: Call, change: object = {}, headers?: Record<string, string>) =>
    post(`/calls/${id}/decision`, { approved: true, argumentsDigest, ...change }, headers)
  const read = () => world.store.readTurn(turnId, 0, { sessionToken: world.session, claims: null })
  return { world, seen, made, turnId, post, decide, read }
}
const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string } }
  return { status: response.status, code: error.code }
}

afterEach(() => vi.restoreAllMocks())

describe('POST /calls/:id/decision', () => {
  it('lets the turn go on once the last call is decided, and answers before it has', async () => {
    const { world, seen, made, turnId, decide, read } = await startCalling(toolCall('c1', 'pay'), toolCall('c2', 'pay'))
    expect(seen.at(-2)?.part).toMatchObject({ type: 'data-waiting', data: { calls: [{ status: 'pending' }, {}] } })
    const first = await decide(made[0]!)
    expect(first.status).toBe(202)
    expect(await first.json()).toMatchObject({
      turnId,
      state: 'waiting',
      waiting: { step: 1, calls: [{ status: 'approved' }, { status: 'pending' }] },
    })
    const last = await decide(made[1]!, { approved: false, reason: 'No\u0000pe' })
    expect(last.status).toBe(202)
    expect(last.headers.get('cache-control')).toBe('no-store')
    expect(await last.json()).toMatchObject({ turnId, state: 'running' })
    const parts = await partsOf(await world.request(`/turns/${turnId}?after=${seen.at(-1)!.seq}`))
    expect(parts.map(({ part }) => part.type)).toEqual([
      'tool-output-denied',
      'tool-approval-response',
      'tool-output-available',
      'text-start',
      'text-delta',
      'text-end',
      'data-answer-complete',
      'data-follow-ups',
      'finish',
    ])
    await world.settled()
    expect(await read()).toMatchObject({ state: 'completed', message: { content: 'Done.' } })
    expect(made[1]).toMatchObject({ errorMessage: 'Nope' })
  })

  it('goes on once, however many tabs decide alike at once', async () => {
    const { world, made, decide, read } = await startCalling(toolCall('c1', 'pay'))
    const responses = await Promise.all([decide(made[0]!), decide(made[0]!), decide(made[0]!)])
    expect(responses.map(({ status }) => status)).toEqual([202, 202, 202])
    await world.settled()
    expect(world.tools.calls).toHaveLength(1)
    expect(await read()).toMatchObject({ state: 'completed' })
  })

  it('is one decision: another one at once is refused', async () => {
    const { world, made, decide } = await startCalling(toolCall('c1', 'pay'))
    const [yes, no] = await Promise.all([decide(made[0]!), decide(made[0]!, { approved: false })])
    expect(yes.status).toBe(202)
    expect(await errorOf(no)).toEqual({ status: 409, code: 'execution_decided' })
    await world.settled()
  })

  it('is nobody else’s, is for what was shown, and has its time', async () => {
    const { world, made, decide, read } = await startCalling(toolCall('c1', 'pay'))
    const [call] = made
    const other = { 'x-loacl-session': newCaller().sessionToken }
    expect(await errorOf(await decide(call!, {}, other))).toEqual({ status: 404, code: 'execution_not_found' })
    const unknown = await decide({ ...call!, id: crypto.randomUUID() })
    expect(await errorOf(unknown)).toEqual({ status: 404, code: 'execution_not_found' })
    expect(await errorOf(await decide({ ...call!, id: 'x' }))).toMatchObject({ code: 'execution_not_found' })
    const changed = await decide({ ...call!, argumentsDigest: '0'.repeat(64) })
    expect(await errorOf(changed)).toMatchObject({ code: 'execution_not_found' })
    world.store.toolCalls.expireCall(call!.id)
    expect(await errorOf(await decide(call!))).toEqual({ status: 409, code: 'approval_expired' })
    expect(world.tools.calls).toEqual([])
    expect(await read()).toMatchObject({ state: 'waiting' })
  })

  it.each([
    ['half a JSON', '{"approved":', 400, 'invalid_json'],
    ['a list', '[]', 400, 'invalid_body'],
    ['neither yes nor no', '{"approved":1}', 400, 'invalid_body'],
    ['no digest', '{"approved":true}', 400, 'invalid_body'],
    ['a digest that is none', '{"approved":true,"argumentsDigest":"x"}', 400, 'invalid_body'],
    [
      'a reason that is no text',
      `{"approved":false,"argumentsDigest":"${'0'.repeat(64)}","reason":1}`,
      400,
      'invalid_body',
    ],
    [
      'a reason without an end',
      `{"approved":false,"argumentsDigest":"${'0'.repeat(64)}","reason":"${'x'.repeat(501)}"}`,
      400,
      'invalid_body',
    ],
    ['a body without an end', ' '.repeat(300_001), 413, 'body_too_large'],
  ])('refuses %s, and changes nothing', async (_, body, status, code) => {
    const { made, post } = await startCalling(toolCall('c1', 'pay'))
    expect(await errorOf(await post(`/calls/${made[0]!.id}/decision`, body))).toEqual({ status, code })
    expect(made[0]).toMatchObject({ status: 'pending' })
  })

  it('is not taken where the worker has no room, and can come again', async () => {
    const { world, made, decide, read } = await startCalling(toolCall('c1', 'pay'))
    world.load.memory = 200 * 1024 * 1024
    const refused = await decide(made[0]!)
    expect(refused.headers.get('retry-after')).toBe('2')
    expect(await errorOf(refused)).toMatchObject({ code: 'busy' })
    expect(made[0]).toMatchObject({ status: 'pending' })
    world.load.memory = 0
    expect((await decide(made[0]!)).status).toBe(202)
    await world.settled()
    expect(await read()).toMatchObject({ state: 'completed' })
  })

  it('can come again where the turn could not be taken up', async () => {
    const { world, made, decide, read } = await startCalling(toolCall('c1', 'pay'))
    world.store.faults.resumeTurn = [fault('database_unavailable')]
    expect(await errorOf(await decide(made[0]!))).toMatchObject({ code: 'database_unavailable' })
    expect((await decide(made[0]!)).status).toBe(202)
    await world.settled()
    expect(await read()).toMatchObject({ state: 'completed' })
  })
})

describe('a call that the page runs', () => {
  it('is one tab’s: it takes it, answers it, and the turn goes on', async () => {
    const { world, made, post, read } = await startCalling(toolCall('c1', 'scroll', { to: 'top' }))
    const path = `/calls/${made[0]!.id}`
    expect(await (await post(`${path}/claim`, { tab: 'tab-1' })).json()).toEqual({
      arguments: { to: 'top' },
      expiresAt: expect.any(String),
    })
    expect((await post(`${path}/claim`, { tab: 'tab-1' })).status).toBe(200)
    expect(await errorOf(await post(`${path}/claim`, { tab: 'tab-2' }))).toEqual({
      status: 409,
      code: 'execution_decided',
    })
    expect(await errorOf(await post(`${path}/result`, { tab: 'tab-2', output: 1 }))).toMatchObject({
      code: 'execution_decided',
    })
    const large = await post(`${path}/result`, { tab: 'tab-1', output: 'x'.repeat(200) })
    expect(await errorOf(large)).toEqual({ status: 413, code: 'tool_result_too_large' })
    const answered = await post(`${path}/result`, { tab: 'tab-1', output: { at: 0 } })
    expect(answered.status).toBe(202)
    expect(await answered.json()).toMatchObject({ state: 'running' })
    await world.settled()
    expect(world.model.calls[1]!.input.at(-1)).toMatchObject({ output: expect.stringContaining('{"at":0}') })
    expect(await read()).toMatchObject({ state: 'completed' })
  })

  it('may fail there, in the page’s words, which are no part of what is told', async () => {
    const { world, made, post } = await startCalling(toolCall('c1', 'scroll'))
    await post(`/calls/${made[0]!.id}/claim`, { tab: 't' })
    expect((await post(`/calls/${made[0]!.id}/result`, { tab: 't', error: 'TypeError: secret' })).status).toBe(202)
    await world.settled()
    expect(JSON.stringify(world.model.calls[1]!.input)).toMatch(/tool_failed/)
    expect(JSON.stringify(world.model.calls[1]!.input)).not.toMatch(/secret/)
  })

  it.each([
    ['claim', {}],
    ['claim', { tab: 'é' }],
    ['result', { tab: 't' }],
    ['result', { tab: 't', output: 1, error: 'x' }],
    ['result', { tab: 't', error: 1 }],
    ['result', { output: 1 }],
  ])('is not %sed with %j', async (route, body) => {
    const { made, post } = await startCalling(toolCall('c1', 'scroll'))
    expect(await errorOf(await post(`/calls/${made[0]!.id}/${route}`, body))).toEqual({
      status: 400,
      code: 'invalid_body',
    })
  })

  it('is no page’s where a server runs it', async () => {
    const { made, post } = await startCalling(toolCall('c1', 'pay'))
    expect(await errorOf(await post(`/calls/${made[0]!.id}/claim`, { tab: 't' }))).toMatchObject({
      code: 'execution_decided',
    })
  })
})

describe('POST /turns/:id/continue', () => {
  it('goes on without a page that did not come, and tells the model', async () => {
    const { world, made, post, turnId } = await startCalling(toolCall('c1', 'scroll'))
    expect(await (await post(`/turns/${turnId}/continue`, '')).json()).toMatchObject({ state: 'waiting' })
    world.store.toolCalls.expireCall(made[0]!.id)
    expect(await (await post(`/turns/${turnId}/continue`, '')).json()).toMatchObject({ state: 'running' })
    await world.settled()
    expect(JSON.stringify(world.model.calls[1]!.input)).toMatch(/page_unavailable/)
  })

  it('ends a turn whose approval has not come in time', async () => {
    const { world, made, post, turnId } = await startCalling(toolCall('c1', 'pay'))
    world.store.toolCalls.expireCall(made[0]!.id)
    expect(await (await post(`/turns/${turnId}/continue`, '')).json()).toMatchObject({ state: 'cut', waiting: null })
    expect(made[0]).toMatchObject({ status: 'cancelled', errorCode: 'expired' })
    expect(world.model.calls).toHaveLength(1)
  })

  it('knows no turn of others', async () => {
    const { post, turnId } = await startCalling(toolCall('c1', 'pay'))
    const other = { 'x-loacl-session': newCaller().sessionToken }
    expect(await errorOf(await post(`/turns/${turnId}/continue`, '', other))).toEqual({
      status: 404,
      code: 'turn_not_found',
    })
    expect(await errorOf(await post('/turns/x/continue', ''))).toMatchObject({ code: 'turn_not_found' })
  })
})
