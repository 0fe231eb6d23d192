// A turn that ends, or whose worker does, while its tools run.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fault } from '../test/memory_turn.ts'
import { away, caller, FOLLOW_UPS, start } from '../test/running_turn.ts'
import { answering, ScriptedModel, textDelta, toolCall } from '../test/scripted_model.ts'
import { calling, callsIn, isRead, look, never, pay, run, toolParts } from '../test/tool_turn.ts'
import { ScriptedTools } from '../test/tools.ts'
import type { Tool } from './tools/tool.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** The worker of a turn hangs in a tool that needs no approval, and is killed. Then the visitor tries again. */
async function killed(change: Partial<Tool>) {
  const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS)
  const runner = new ScriptedTools(never)
  const dead = await start(model, {}, { tools: [{ ...look, ...change }], isApproved: isRead, runner })
  await vi.advanceTimersByTimeAsync(1_000)
  const { store, turn } = dead
  store.abandon(turn.turn.id)
  await vi.runAllTimersAsync()
  await dead.done
  const { messages } = store.threads.get(turn.threadId)!
  const { clientId } = messages.find(({ id }) => id === turn.userMessageId)!
  const retried = await store.beginTurn(
    {
      request: { type: 'retry', assistantId: turn.assistant.id, id: clientId!, threadId: turn.threadId },
      origin: null,
      address: null,
      deadlineMs: 60_000,
      lease: crypto.randomUUID(),
    },
    caller,
  )
  if (retried.joined) throw new Error('It still runs.')
  const again = dead.rerun(retried)
  await vi.runAllTimersAsync()
  await again
  return { runner, calls: store.toolCalls.all, store, retried }
}

describe('a turn that ends while its tools run', () => {
  it('says of what was begun that nobody knows, and begins nothing else, where it is stopped', async () => {
    const model = new ScriptedModel(calling(toolCall('c1'), toolCall('c2', 'pay')), FOLLOW_UPS)
    const turn = await start(model, {}, { tools: [look, pay], isApproved: isRead, runner: new ScriptedTools(never) })
    await vi.advanceTimersByTimeAsync(1_000)
    await turn.store.stopTurn(turn.turn.turn.id, caller)
    await vi.advanceTimersByTimeAsync(2_000)
    await turn.done
    expect(turn.runner.calls[0]![3].aborted).toBe(true)
    expect(await turn.read()).toMatchObject({ state: 'stopped' })
    expect(callsIn(turn.parts()).slice(-2)).toEqual(['unknown', 'stopped'])
    expect(toolParts((await turn.read()).message!.parts).map(({ errorText }) => errorText)).toEqual([
      'unknown',
      'stopped',
    ])
    expect(turn.callsOf(1)).toMatchObject([
      { status: 'failed', errorCode: 'unknown' },
      { status: 'cancelled', errorCode: 'stopped' },
    ])
    expect(model.calls).toHaveLength(1)
  })

  it('is cut at its deadline, however long a tool takes', async () => {
    const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS)
    const { stored } = await run(model, { runner: new ScriptedTools(never) })
    expect(stored).toMatchObject({ state: 'cut', cutReason: 'time_limit' })
    expect(toolParts(stored.message!.parts)).toMatchObject([{ state: 'output-error', errorText: 'unknown' }])
  })

  it('is not shown more of, and stores nothing, where it is another worker’s', async () => {
    const turn = await start(
      new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS),
      {},
      { tools: [look], isApproved: isRead },
    )
    turn.store.faults.endCall = [fault('turn_lease_lost')]
    await vi.runAllTimersAsync()
    await turn.done
    expect(turn.store.calls).not.toContain('finishTurn')
  })

  it('fails where a result can’t be stored, with an end for each call', async () => {
    const model = new ScriptedModel(
      calling(textDelta('Wait.'), toolCall('c1'), toolCall('c2', 'look_up', { n: 2 })),
      FOLLOW_UPS,
    )
    const turn = await start(model, {}, { tools: [look], isApproved: isRead })
    turn.store.faults.endCall = [fault('internal')]
    await vi.runAllTimersAsync()
    await turn.done
    const stored = await turn.read()
    expect(stored).toMatchObject({ state: 'failed', errorCode: 'internal', message: { content: 'Wait.' } })
    expect(toolParts(stored.message!.parts).every(({ state }) => state.startsWith('output-'))).toBe(true)
  })

  it('lives through a database that is away while its calls begin, run and end', async () => {
    const model = new ScriptedModel(calling(toolCall('c1')), FOLLOW_UPS, answering('Done.'))
    const turn = await start(model, {}, { tools: [look], isApproved: isRead })
    for (const method of ['beginCalls', 'endCall', 'runCalls'] as const) turn.store.faults[method] = away(2)
    await vi.runAllTimersAsync()
    await turn.done
    expect(await turn.read()).toMatchObject({ state: 'completed', message: { content: 'Done.' } })
    expect(turn.runner.calls).toHaveLength(1)
  })
})

describe('a worker that is killed between a call and its result', () => {
  it('leaves a call of which nobody knows, which another answer asks about though it needs no approval', async () => {
    const { runner, calls, store, retried } = await killed({})
    expect(runner.calls).toHaveLength(1)
    expect(calls).toMatchObject([
      { status: 'failed', errorCode: 'unknown' },
      { status: 'pending', approvedBy: null },
    ])
    expect(calls[1]!.idempotencyKey).not.toBe(calls[0]!.idempotencyKey)
    expect(await store.readTurn(retried.turn.id, 0, caller)).toMatchObject({ state: 'waiting' })
  })

  it('leaves its key to the next where the owner says that it may be called again', async () => {
    const { calls } = await killed({ isIdempotent: true })
    expect(calls).toMatchObject([{ status: 'failed' }, { status: 'pending' }])
    expect(calls[1]!.idempotencyKey).toBe(calls[0]!.idempotencyKey)
  })
})
