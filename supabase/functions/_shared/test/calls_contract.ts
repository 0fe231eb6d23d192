import { beforeEach, describe, expect, it } from 'vitest'
import type { OpenTurn, TurnStore } from '../domain/store.ts'
import { digestOf } from '../domain/tools/digest.ts'
import type { Call, Tool } from '../domain/tools/tool.ts'
import type { CallToBegin } from '../domain/tools/tool_store.ts'
import {
  type ContractVisitor,
  createVisitor,
  newCaller,
  stepOutcome as step,
  type StoreUnderTest,
} from './contract_visitor.ts'

/** A store with an assistant that has tools: `look` runs at once, `pay` asks, `scroll` is the page's and runs at once. */
export interface ToolStoreUnderTest extends StoreUnderTest {
  tools: { readonly [Name in 'look' | 'pay' | 'scroll']: string }
  /** As if a call's time were over. */
  expireCall: (id: string) => unknown
  /** The owner changes what a tool is. */
  changeTool: (id: string) => unknown
}

/** What every turn store must do with calls of tools. */
export function callsContract(makeStore: () => Promise<ToolStoreUnderTest>): void {
  let made: ToolStoreUnderTest
  let store: TurnStore
  let caller: ContractVisitor['caller']
  let turn: OpenTurn['turn']
  let threadId: string
  let beginNew: ContractVisitor['beginNew']
  let message: ContractVisitor['message']

  beforeEach(async () => {
    made = await makeStore()
    ;({ store } = made)
    ;({ caller, message, beginNew } = createVisitor(made))
    ;({ turn, threadId } = await beginNew(message('Hello')))
  })

  const toCall = async (
    name: keyof ToolStoreUnderTest['tools'],
    args: Record<string, unknown> = {},
    callId: string = crypto.randomUUID(),
  ): Promise<CallToBegin> => ({
    callId,
    name,
    toolId: made.tools[name],
    toolDigest: null,
    arguments: args,
    argumentsDigest: await digestOf(args),
    errorCode: null,
  })
  const begin = async (...calls: Promise<CallToBegin>[]) => store.beginCalls(turn, 1, await Promise.all(calls))
  const wait = () => store.waitTurn(turn, 86_400_000, step('So far'))
  const decide = ({ id, argumentsDigest }: Call, approved = true, by = caller) =>
    store.decideCall(id, { approved, argumentsDigest, reason: approved ? null : 'Too dear' }, by)
  const resume = async () => {
    const mine = { id: turn.id, lease: crypto.randomUUID() }
    expect(await store.resumeTurn(mine, 1, 65_000, caller)).toMatchObject({ joined: false })
    return mine
  }
  const done = { result: { sunny: true }, errorCode: null, errorMessage: null, costUsd: 0 }

  /** A page's call that its tab has taken. */
  const claimed = async () => {
    const [call] = await begin(toCall('scroll', { to: 'top' }))
    await wait()
    await store.claimCall(call!.id, 'tab-1', caller)
    return call!
  }

  it('hands out the tools with the turn', async () => {
    const { tools, maxToolSteps, maxHostedCalls, toolSecret, visitor } = await beginNew(message('Hi'))
    expect(tools.map(({ name }: Tool) => name).toSorted()).toEqual(['look', 'pay', 'scroll'])
    expect(tools.find(({ name }) => name === 'look')).toMatchObject({
      id: made.tools.look,
      kind: 'server',
      endpoint: 'https://shop.example/tools',
      parameters: { type: 'object' },
      timeoutMs: 10_000,
      maxResultBytes: 65_536,
      visitorSees: 'title',
      words: {},
      isIdempotent: false,
    })
    expect({ maxToolSteps, maxHostedCalls, toolSecret, visitor }).toEqual({
      maxToolSteps: 8,
      maxHostedCalls: 4,
      toolSecret: null,
      visitor: { type: 'guest' },
    })
  })

  it('decides each call once, in its order, and says who let it run', async () => {
    const calls = await Promise.all([toCall('pay', { n: 1 }), toCall('look', { n: 2 }), toCall('scroll')])
    const unknown = {
      ...calls[0]!,
      callId: 'c9',
      name: 'nuke',
      toolId: null,
      arguments: null,
      errorCode: 'tool_unknown' as const,
    }
    const first = await store.beginCalls(turn, 1, [...calls, unknown])
    expect(first).toMatchObject([
      {
        name: 'pay',
        kind: 'server',
        status: 'pending',
        approvedBy: null,
        arguments: { n: 1 },
        expiresAt: expect.any(String),
      },
      { name: 'look', kind: 'server', status: 'executing', approvedBy: 'settings', callId: calls[1]!.callId },
      { name: 'scroll', kind: 'page', status: 'approved', expiresAt: expect.any(String) },
      { name: 'nuke', kind: null, toolId: null, status: 'cancelled', errorCode: 'tool_unknown' },
    ])
    expect(new Set(first.map(({ id }) => id)).size).toBe(4)
    expect(await store.beginCalls(turn, 1, [...calls, unknown])).toEqual(first)
    expect(await store.runCalls(turn, 1)).toEqual(first)
  })

  it('keeps what became of a call, once', async () => {
    const [looked] = await begin(toCall('look'))
    expect(await store.endCall(turn, looked!.id, done)).toMatchObject({ status: 'completed', result: { sunny: true } })
    const [failing] = await begin(toCall('look', { n: 2 }))
    expect(failing).toMatchObject({ status: 'completed' })
    const other = { id: turn.id, lease: crypto.randomUUID() }
    await expect(store.endCall(other, looked!.id, done)).rejects.toMatchObject({ code: 'turn_lease_lost' })
    await expect(store.beginCalls(other, 1, [])).rejects.toMatchObject({ code: 'turn_lease_lost' })
    await expect(store.runCalls(other, 1)).rejects.toMatchObject({ code: 'turn_lease_lost' })
  })

  it('keeps the code of one that failed', async () => {
    const [call] = await begin(toCall('look'))
    const failed = { result: null, errorCode: 'tool_timeout' as const, errorMessage: 'Slow.', costUsd: null }
    expect(await store.endCall(turn, call!.id, failed)).toMatchObject({
      status: 'failed',
      errorCode: 'tool_timeout',
      errorMessage: 'Slow.',
      result: null,
    })
  })

  it('waits for what is asked, and goes on with all that was approved', async () => {
    const [first, second] = await begin(toCall('pay', { n: 1 }), toCall('pay', { n: 2 }))
    expect((await wait()).waiting).toMatchObject({
      step: 1,
      calls: [
        { id: first!.id, kind: 'server', status: 'pending', expiresAt: expect.any(String) },
        { id: second!.id, status: 'pending' },
      ],
    })
    expect(await decide(first!)).toMatchObject({ turnId: turn.id, state: 'waiting', isReady: false })
    expect(await decide(second!, false)).toMatchObject({
      isReady: true,
      waiting: { calls: [{ status: 'approved' }, { status: 'denied' }] },
    })
    const mine = await resume()
    expect(await store.runCalls(mine, 1)).toMatchObject([
      { status: 'executing', approvedBy: 'visitor' },
      { status: 'cancelled', errorCode: 'denied', errorMessage: 'Too dear' },
    ])
    expect(await store.endCall(mine, first!.id, done)).toMatchObject({ status: 'completed' })
    expect(await store.beginStep(mine, 2, [], null)).toEqual({ state: 'running' })
  })

  it('waits for nothing that was decided meanwhile', async () => {
    const [call] = await begin(toCall('pay'))
    expect(await decide(call!)).toMatchObject({ state: 'running', isReady: false })
    expect(await wait()).toEqual({ state: 'running', waiting: null })
    expect(await store.runCalls(turn, 1)).toMatchObject([{ status: 'executing' }])
  })

  describe('a decision', () => {
    it('is made once, and may come again', async () => {
      const [call] = await begin(toCall('pay'))
      await wait()
      const decided = await decide(call!)
      expect(await decide(call!)).toEqual(decided)
      await expect(decide(call!, false)).rejects.toMatchObject({ code: 'execution_decided' })
    })

    it('is nobody else’s, and is for the arguments that were shown', async () => {
      const [call] = await begin(toCall('pay'))
      await wait()
      await expect(decide(call!, true, newCaller())).rejects.toMatchObject({ code: 'execution_not_found' })
      await expect(decide({ ...call!, id: crypto.randomUUID() })).rejects.toMatchObject({ code: 'execution_not_found' })
      await expect(decide({ ...call!, argumentsDigest: '0'.repeat(64) })).rejects.toMatchObject({
        code: 'execution_not_found',
      })
      expect(await decide(call!)).toMatchObject({ isReady: true })
    })

    it('has its time', async () => {
      const [call] = await begin(toCall('pay'))
      await wait()
      await made.expireCall(call!.id)
      await expect(decide(call!)).rejects.toMatchObject({ code: 'approval_expired' })
    })

    it('is for the tool that was shown: one that has changed is not called', async () => {
      const [call] = await begin(toCall('pay'))
      await wait()
      await made.changeTool(made.tools.pay)
      await decide(call!)
      expect(await store.runCalls(await resume(), 1)).toMatchObject([
        { status: 'cancelled', errorCode: 'tool_changed' },
      ])
    })
  })

  describe('a page’s call', () => {
    it('is one tab’s', async () => {
      const call = await claimed()
      expect(await store.claimCall(call.id, 'tab-1', caller)).toEqual({
        arguments: { to: 'top' },
        expiresAt: expect.any(String),
      })
      await expect(store.claimCall(call.id, 'tab-2', caller)).rejects.toMatchObject({ code: 'execution_decided' })
      await expect(store.claimCall(call.id, 'tab-1', newCaller())).rejects.toMatchObject({
        code: 'execution_not_found',
      })
      await expect(store.answerCall(call.id, 'tab-2', { output: 1 }, caller)).rejects.toMatchObject({
        code: 'execution_decided',
      })
      const large = { output: 'x'.repeat(70_000) }
      await expect(store.answerCall(call.id, 'tab-1', large, caller)).rejects.toMatchObject({
        code: 'tool_result_too_large',
      })
      expect(await store.answerCall(call.id, 'tab-1', { output: { at: 0 } }, caller)).toMatchObject({ isReady: true })
      expect(await store.runCalls(await resume(), 1)).toMatchObject([{ status: 'completed', result: { at: 0 } }])
    })

    it('may fail in the page', async () => {
      const call = await claimed()
      await store.answerCall(call.id, 'tab-1', { error: 'TypeError' }, caller)
      expect(await store.runCalls(await resume(), 1)).toMatchObject([{ status: 'failed', errorCode: 'tool_failed' }])
    })

    it('that was taken and not answered is unknown', async () => {
      const call = await claimed()
      await made.expireCall(call.id)
      expect(await store.continueTurn(turn.id, caller)).toMatchObject({ isReady: true })
      expect(await store.runCalls(await resume(), 1)).toMatchObject([{ status: 'failed', errorCode: 'unknown' }])
    })

    it('that nobody took is told so', async () => {
      const [call] = await begin(toCall('scroll'))
      await wait()
      expect(await store.continueTurn(turn.id, caller)).toMatchObject({ state: 'waiting', isReady: false })
      await made.expireCall(call!.id)
      expect(await store.continueTurn(turn.id, caller)).toMatchObject({ isReady: true })
      expect(await store.runCalls(await resume(), 1)).toMatchObject([
        { status: 'cancelled', errorCode: 'page_unavailable' },
      ])
    })
  })

  it('ends a turn whose approval did not come in time', async () => {
    const [call] = await begin(toCall('pay'))
    await wait()
    await made.expireCall(call!.id)
    expect(await store.continueTurn(turn.id, caller)).toMatchObject({ state: 'cut', isReady: false, waiting: null })
    await expect(decide(call!)).rejects.toMatchObject({ code: 'approval_expired' })
    await expect(store.continueTurn(turn.id, newCaller())).rejects.toMatchObject({ code: 'turn_not_found' })
  })

  it('leaves nothing to decide where a new message has ended the turn', async () => {
    const [call] = await begin(toCall('pay'))
    await wait()
    await beginNew(message('Never mind', threadId))
    await expect(decide(call!)).rejects.toMatchObject({ code: 'execution_decided' })
  })
}
