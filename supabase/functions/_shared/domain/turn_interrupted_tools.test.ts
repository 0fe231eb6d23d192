// A turn that ends, or whose worker does, while its tools run.
import { contentOf } from '@loacl/wire'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fault } from '../test/memory_turn.ts'
import { away, caller, FOLLOW_UPS, start } from '../test/running_turn.ts'
import { answering, ScriptedModel, textDelta, toolCall } from '../test/scripted_model.ts'
import { calling, callsIn, isRead, look, never, pay, resultsOf, run, toolParts } from '../test/tool_turn.ts'
import { ScriptedTools, tool } from '../test/tools.ts'
import type { Tool } from './tools/tool.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** The first worker hangs in its tool; another takes the turn up under a lease of its own. */
async function killed(change: Partial<Tool>) {
  const own = tool({ name: 'pay', ...change })
  const model = new ScriptedModel(calling(toolCall('c1', 'pay')), FOLLOW_UPS, answering('Done.'))
  const { decide, callsOf, resume, store, turn, runner, read } = await run(model, { tools: [own] })
  await decide(callsOf(1)[0]!)
  const dead = { id: turn.turn.id, lease: crypto.randomUUID() }
  await store.resumeTurn(dead, 1, 60_000, caller)
  expect(await store.runCalls(dead, 1)).toMatchObject([{ status: 'executing' }])
  const { key } = { key: callsOf(1)[0]!.idempotencyKey }
  store.silence(turn.turn.id)
  const parts = await resume(1)
  return { parts, runner, key, read, model }
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
  it('is not made up for by another: the call is unknown', async () => {
    const { parts, runner, read, model } = await killed({})
    expect(runner.calls).toEqual([])
    expect(callsIn(parts)).toEqual(['unknown'])
    expect(resultsOf(model.calls[1]!.input)[0]).toContain('"unknown"')
    expect(contentOf((await read()).message!.parts)).toBe('Done.')
  })

  it('runs again with the same key where the owner says that it may', async () => {
    const { runner, key } = await killed({ isIdempotent: true })
    expect(runner.calls.map(([, { idempotencyKey }]) => idempotencyKey)).toEqual([key])
  })
})
