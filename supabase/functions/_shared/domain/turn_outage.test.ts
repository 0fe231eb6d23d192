import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fault } from '../test/memory_turn.ts'
import { away, FOLLOW_UPS, start, textOf } from '../test/running_turn.ts'
import { answering, completed, gate, ScriptedModel, textDelta } from '../test/scripted_model.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('a turn whose database goes away', () => {
  it('goes on streaming, and stores every part once the database is back', async () => {
    const held = gate()
    const model = new ScriptedModel([textDelta('Hal'), held.opened, textDelta('lo'), completed], FOLLOW_UPS)
    const { seen, done, parts, store, read } = await start(model)
    store.faults.appendParts = away(3)
    // Back by then, with the first parts stored: the rest is a batch of its own.
    await vi.advanceTimersByTimeAsync(3_000)
    held.open()
    await vi.runAllTimersAsync()
    await done
    expect(textOf(parts())).toBe('Hallo')
    const stored = await read()
    expect(stored).toMatchObject({ state: 'completed', message: { content: 'Hallo' } })
    const answered = seen.findIndex(({ part }) => part.type === 'data-answer-complete')
    expect(stored.parts).toEqual(seen.slice(0, answered))
  })

  it('tries to store its end for a while', async () => {
    const { done, parts, store, read } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = away(4)
    await vi.runAllTimersAsync()
    await done
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
    expect(await read()).toMatchObject({ state: 'completed' })
  })

  it('does not take its own end, whose answer was lost, for somebody else’s', async () => {
    const { done, types, parts, store } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    const finish = store.finishTurn.bind(store)
    vi.spyOn(store, 'finishTurn').mockImplementationOnce(async (...args) => {
      await finish(...args)
      throw fault('database_unavailable')
    })
    await vi.runAllTimersAsync()
    await done
    expect(types()).toContain('data-follow-ups')
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
  })

  it('tells no end that it could not store: who reads it comes back for how it ended', async () => {
    const { done, types, store, reported } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = away(20)
    await vi.runAllTimersAsync()
    await done
    expect(types().at(-1)).toBe('text-end')
    expect(reported).toMatchObject([{ code: 'database_unavailable' }])
  })

  it('is left to others where not all that it said could be stored', async () => {
    const { done, types, store, read } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.appendParts = away(7)
    await vi.runAllTimersAsync()
    await done
    expect(types().at(-1)).toBe('text-end')
    expect(await read()).toMatchObject({ state: 'running', parts: [] })
    expect(store.calls).not.toContain('finishTurn')
  })

  it('tells none either where its outcome is refused for good', async () => {
    const { done, types, store } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = [fault('internal'), fault('internal')]
    await vi.runAllTimersAsync()
    await done
    expect(types().at(-1)).toBe('text-end')
  })

  it('stores less rather than nothing where its outcome is refused', async () => {
    const { done, parts, store, read } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = [fault('internal')]
    await vi.runAllTimersAsync()
    await done
    expect(parts().slice(-2)).toMatchObject([{ type: 'data-error', data: { code: 'internal' } }, { type: 'error' }])
    expect(await read()).toMatchObject({
      state: 'failed',
      errorCode: 'internal',
      message: { content: 'Hi' },
    })
  })
})
