import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createModerated } from '../moderation/moderated.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost, stepOutcome } from '../turns/turn_calls.ts'
import { asked, createToolCalls, type Call, type Tool } from './tool_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const calls = createToolCalls(world)
const { addTool, begin, decide, endCall, rowsOf, startWaiting, stop } = calls
const { abandon, append, listMessages, read, resume } = createTurnCalls(world)
const { tablesWith } = createModerated(world)

let assistantId: string
let token: string
let tool: Tool

beforeEach(async () => {
  ;({ id: assistantId } = await world.createAssistant())
  token = createToken()
  tool = await addTool(assistantId)
  await calls.approve(assistantId, { specific_tools: sql.json({ look_up: true }) })
})
afterAll(() => world.close())

const input = (call: Call) => ({
  type: 'tool-input-available',
  toolCallId: call.id,
  toolName: call.name,
  input: {},
  dynamic: true,
})
const part = (call: Call, state = 'input-available') => ({
  type: 'dynamic-tool',
  toolCallId: call.id,
  toolName: call.name,
  input: {},
  state,
})
const outcomeWith = (call: Call, state?: string) => ({
  ...stepOutcome('So far'),
  parts: [{ type: 'text', text: 'So far' }, part(call, state)],
})
const readChunks = async (turnId: string) => {
  const rows = await sql<
    { parts: object[] }[]
  >`select parts from loacl_private.turn_chunks where turn_id = ${turnId} order by seq`
  return rows.flatMap(({ parts }) => parts)
}

describe('a call whose worker died', () => {
  it('is failed, and nobody knows what came of it: on its row, on the stream and in the message', async () => {
    const { turn, threadId, messageId } = await world.ask(assistantId, token)
    const [lost, done] = await begin(turn, [asked(tool), asked(tool, { order: 8 })])
    await append(turn, 1, [delta('So far'), input(lost!), input(done!)])
    await endCall(turn, done!, { result: 1 })
    await abandon(turn)
    const late = await listMessages(threadId, token)
    expect(await rowsOf(turn)).toMatchObject([
      { status: 'failed', error_code: 'unknown' },
      { status: 'completed', error_code: null },
    ])
    const told = [
      { type: 'tool-output-error', toolCallId: lost!.id, errorText: 'unknown', dynamic: true },
      { type: 'tool-output-available', toolCallId: done!.id, output: null, dynamic: true },
    ]
    expect(late.items[0]).toMatchObject({
      status: 'failed',
      streamed: [delta('So far'), input(lost!), input(done!), ...told],
    })
    expect((await read(turn, 3, token)).body).toMatchObject({
      lastSeq: 5,
      parts: [
        { seq: 4, part: told[0] },
        { seq: 5, part: told[1] },
      ],
    })
    const parts = [{ type: 'text', text: 'So far' }, part(lost!), part(done!)]
    await api.rpc('fold_turn', { turn_id: turn.id, content: 'So far', parts }, world.asServer())
    const [message] = await sql`select parts from loacl.messages where id = ${messageId}`
    expect(message!['parts']).toEqual([
      parts[0],
      { ...part(lost!), state: 'output-error', errorText: 'unknown' },
      { ...part(done!), state: 'output-available', output: null },
    ])
  })

  it('is not run by another worker, however early the first one fell silent', async () => {
    const { turn } = await world.ask(assistantId, token)
    await begin(turn, [asked(tool)])
    await sql`update loacl_private.turns set lease_expires_at = now() + interval '10 seconds' where id = ${turn.id}`
    expect((await read(turn, 0, token)).body).toMatchObject({ isSilent: false })
    expect((await resume(turn, token)).body).toMatchObject({ joined: true })
  })

  it('is ended by no late worker', async () => {
    const { turn } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    await abandon(turn)
    await read(turn, 0, token)
    const before = await rowsOf(turn)
    expect(await endCall(turn, call!, { result: 'late' })).toMatchObject(leaseLost)
    expect(await calls.runCalls(turn)).toMatchObject(leaseLost)
    expect(await rowsOf(turn)).toEqual(before)
  })
})

describe('what a message shows of calls', () => {
  it('is what became of them when its turn ended while it waited', async () => {
    const pending = await addTool(assistantId, { name: 'pay' })
    const begun = await world.ask(assistantId, token)
    const [call] = await begin(begun.turn, [asked(pending)])
    await calls.wait(begun.turn, outcomeWith(call!, 'approval-requested'))
    await stop(begun.turn, token)
    expect((await listMessages(begun.threadId, token)).items[0]).toMatchObject({
      status: 'stopped',
      parts: [{ type: 'text' }, { toolCallId: call!.id, state: 'output-error', errorText: 'stopped' }],
    })
    expect(await readChunks(begun.turn.id)).toEqual([
      { type: 'tool-output-error', toolCallId: call!.id, errorText: 'stopped', dynamic: true },
    ])
  })

  it('says of a denial that it was one, and of a result no more than its owner wants seen', async () => {
    const [shown, denied] = await Promise.all([
      addTool(assistantId, { name: 'open', kind: 'page', visitor_sees: 'result' }),
      addTool(assistantId, { name: 'pay' }),
    ])
    const { turn, threadId } = await world.ask(assistantId, token)
    const [one, two, three] = await begin(turn, [asked(shown), asked(denied), asked(tool)])
    await endCall(turn, three!, { result: 'secret' })
    await calls.wait(turn, {
      ...stepOutcome('So far'),
      parts: [part(one!, 'approval-requested'), part(two!, 'approval-requested'), part(three!)],
    })
    await decide(one!, true, token)
    await calls.claim(one!, 'tab', token)
    await calls.answer(one!, 'tab', { output: 'seen' }, token)
    await decide(two!, false, token)
    await stop(turn, token)
    expect((await listMessages(threadId, token)).items[0].parts).toMatchObject([
      { state: 'output-available', output: 'seen' },
      { state: 'output-denied' },
      { state: 'output-available', output: null },
    ])
  })

  it('is left as its worker told it, once', async () => {
    const { turn, messageId } = await world.ask(assistantId, token)
    const [call] = await begin(turn, [asked(tool)])
    await endCall(turn, call!, { result: 1 })
    const output = { type: 'tool-output-available', toolCallId: call!.id, output: { own: true }, dynamic: true }
    await append(turn, 1, [input(call!), output])
    const parts = [{ ...part(call!, 'output-available'), output: { own: true } }]
    await world.finish(turn, { parts, content: '' })
    expect(await readChunks(turn.id)).toEqual([input(call!), output])
    expect((await sql`select parts from loacl.messages where id = ${messageId}`)[0]!['parts']).toEqual(parts)
  })
})

describe('calls of an answer that moderation withdraws', () => {
  it('leave their name, their time and their cost', async () => {
    const { turn } = await world.ask(assistantId, token)
    const word = `w${createToken().slice(0, 20)}`
    const [call, pending] = await begin(turn, [
      asked(tool, { word }),
      asked(await addTool(assistantId, { name: 'pay' }), { word }),
    ])
    await append(turn, 1, [{ ...input(call!), input: { word } }])
    await endCall(turn, call!, { errorCode: 'tool_failed', errorMessage: word, costUsd: 0.2 })
    await decide(pending!, false, token, { arguments_digest: null, reason: word })
    await world.finish(turn, { state: 'failed', errorCode: 'output_flagged', parts: [part(call!)], content: word })
    expect(await tablesWith(word)).toEqual([])
    expect(await rowsOf(turn)).toMatchObject([
      {
        tool_name: 'look_up',
        status: 'failed',
        arguments_digest: null,
        parameters: {},
        completed_at: expect.any(Date),
      },
      { tool_name: 'pay', status: 'cancelled', error_message: null },
    ])
    expect(await readChunks(turn.id)).toEqual([])
  })
})

it('calls go with the conversation, and with the person', async () => {
  const { turn, calls: waiting } = await startWaiting(assistantId, token, [
    asked(await addTool(assistantId, { name: 'pay' })),
  ])
  expect((await api.rpc('erase_visitor_data', {}, { token })).status).toBe(200)
  expect(await sql`select from loacl.tool_executions where id = ${waiting[0]!.id}`).toEqual([])
  expect(await rowsOf(turn)).toEqual([])
})
