import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { run, start } from '../test/running_turn.ts'
import { completed, created, failed, ScriptedModel, textDelta, toolCall } from '../test/scripted_model.ts'
import { tool } from '../test/tools.ts'
import type { ModelEvent } from './model.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const thought = (delta: string): ModelEvent => ({ type: 'reasoning-delta', key: 'rs_1', delta })

/** An answer that reasons first. */
const REASONED = [created, thought('Weighing '), thought('anchors'), textDelta('Hello'), completed]
const PARTS = [
  { type: 'reasoning', text: 'Weighing anchors' },
  { type: 'text', text: 'Hello' },
]

describe('an answer that was reasoned out', () => {
  it('is sent and stored with its reasoning where the assistant shows it', async () => {
    const { parts, model, stored } = await run(REASONED, { showReasoning: true })
    expect(model.calls[0]!.showsReasoning).toBe(true)
    expect(parts().flatMap((part) => (part.type === 'reasoning-delta' ? part.delta : []))).toEqual([
      'Weighing ',
      'anchors',
    ])
    expect(stored.message).toMatchObject({ content: 'Hello', parts: PARTS })
  })

  it.each([
    ['ends well', REASONED],
    ['fails in its reasoning', [created, thought('Weighing anchors'), failed('model_unavailable')]],
    ['breaks off in its reasoning', [created, thought('Weighing anchors')]],
  ])('is nowhere readable otherwise: not sent, not stored, not asked for, where it %s', async (_, steps) => {
    const { parts, types, model, stored, store } = await run(steps)
    expect(model.calls[0]!.showsReasoning).toBe(false)
    expect(JSON.stringify([parts(), stored, ...store.turns.values()])).not.toMatch(/Weighing|anchors/)
    expect(types().filter((type) => type.startsWith('reasoning'))).toEqual([])
  })

  it('goes on after it has waited with what it had reasoned before', async () => {
    const model = new ScriptedModel([...REASONED.slice(0, -1), toolCall('c1'), completed], undefined, REASONED)
    const running = await start(model, { showReasoning: true }, { tools: [tool()] })
    await vi.runAllTimersAsync()
    await running.done
    await running.decide(running.callsOf(1)[0]!)
    const resumed = running.resume(1)
    await vi.runAllTimersAsync()
    await resumed
    expect((await running.read()).message!.parts).toEqual([
      ...PARTS,
      expect.objectContaining({ type: 'dynamic-tool' }),
      ...PARTS,
    ])
  })
})
