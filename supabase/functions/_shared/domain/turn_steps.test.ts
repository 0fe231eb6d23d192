import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fault } from '../test/memory_turn.ts'
import { away, caller, FOLLOW_UPS, start } from '../test/running_turn.ts'
import {
  answering,
  cite,
  completed,
  created,
  gate,
  item,
  ScriptedModel,
  type ScriptStep,
  textDelta,
  toolCall,
  usage,
} from '../test/scripted_model.ts'
import { ScriptedTools, tool } from '../test/tools.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const result = { type: 'tool-result', callId: 'c1', output: expect.stringContaining('"result":"Sunny"') }
const reasoning = { type: 'reasoning', encrypted_content: 'x' }
/** A step that says something and calls a tool. */
const calling: ScriptStep[] = [created, textDelta('Let me see. '), item(reasoning), toolCall('c1'), usage, completed]
/** A tool that runs at once. */
const goOn = { tools: [tool()], isApproved: () => true }
/** One that has to be asked about. */
const waitForTools = { tools: [tool()] }

async function run(model: ScriptedModel, surroundings: typeof waitForTools) {
  const running = await start(model, {}, surroundings)
  await vi.runAllTimersAsync()
  await running.done
  return { ...running, stored: await running.read() }
}

describe('a turn of several steps', () => {
  it('tells the model what it said and what was added, and writes one answer', async () => {
    const model = new ScriptedModel(calling, FOLLOW_UPS, answering('It is ', 'sunny.'))
    const { types, parts, seen, stored, store } = await run(model, goOn)
    expect(model.calls.map(({ input }) => input)).toEqual([
      [{ type: 'text', role: 'user', text: 'Hello' }],
      [{ type: 'text', role: 'user', text: 'Hello' }, { type: 'provider-item', item: reasoning, from: 'c' }, result],
    ])
    expect(types()).toEqual([
      'start',
      'data-turn',
      'text-start',
      'text-delta',
      'text-end',
      'tool-input-available',
      'tool-output-available',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'data-answer-complete',
      'data-follow-ups',
      'data-title',
      'finish',
    ])
    expect(parts().flatMap((part) => (part.type === 'text-start' ? part.id : []))).toEqual(['text-1', 'text-2'])
    expect(parts().find(({ type }) => type === 'data-answer-complete')).toMatchObject({
      data: { usage: { inputTokens: 40, outputTokens: 14 } },
    })
    expect(stored).toMatchObject({
      state: 'completed',
      message: {
        content: 'Let me see. It is sunny.',
        parts: [{ text: 'Let me see. ' }, { state: 'output-available', output: null }, { text: 'It is sunny.' }],
      },
    })
    expect(stored.parts).toEqual(seen.slice(0, 11))
    expect(store.calls.filter((method) => !['appendParts', 'readTurn', 'saveFollowUps'].includes(method))).toEqual([
      'beginTurn',
      'beginCalls',
      'endCall',
      'runCalls',
      'beginStep',
      'finishTurn',
    ])
  })

  it('names a source of an earlier step no second time', async () => {
    const model = new ScriptedModel([cite({ name: 'a.pdf' }), toolCall('c1'), completed], FOLLOW_UPS, [
      cite({ name: 'a.pdf' }),
      cite({ name: 'b.pdf' }),
      completed,
    ])
    const { stored } = await run(model, goOn)
    expect(stored.message!.parts).toMatchObject([
      { sourceId: 'source-1', title: 'a.pdf' },
      { type: 'dynamic-tool' },
      { sourceId: 'source-2', title: 'b.pdf' },
    ])
  })

  it('is cut where the budget refuses a step, with everything stored that was seen', async () => {
    const model = new ScriptedModel(calling, FOLLOW_UPS)
    const running = await start(model, {}, goOn)
    running.store.stepBudget = 1
    await vi.runAllTimersAsync()
    await running.done
    expect(model.calls).toHaveLength(1)
    const { seen, parts } = running
    expect(parts().slice(-2)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'cut', cutReason: 'budget' } },
      { type: 'finish', finishReason: 'other' },
    ])
    const stored = await running.read()
    expect(stored).toMatchObject({ state: 'cut', cutReason: 'budget', message: { content: 'Let me see. ' } })
    expect(stored.parts).toEqual(seen.slice(0, -2))
  })

  it('begins no step that nobody wants any more', async () => {
    const held = gate()
    const model = new ScriptedModel([...calling.slice(0, 2), held.opened, ...calling.slice(2)], FOLLOW_UPS)
    const { done, parts, store, turn } = await start(
      model,
      {},
      {
        ...goOn,
        // Too late for a poll of the worker to see it before the step begins.
        runner: new ScriptedTools(() => {
          void store.stopTurn(turn.turn.id, caller)
          return { result: 'Sunny' }
        }),
      },
    )
    held.open()
    await vi.runAllTimersAsync()
    await done
    expect(model.calls).toHaveLength(1)
    expect(parts().at(-1)).toEqual({ type: 'abort', reason: 'stopped' })
  })

  it('is cut between steps once its time is up, without another call', async () => {
    const model = new ScriptedModel([textDelta('Hal'), toolCall('c1'), completed], FOLLOW_UPS)
    const { done, shutdown, read } = await start(
      model,
      {},
      {
        ...goOn,
        runner: new ScriptedTools(() => {
          shutdown.abort()
          return { result: 'Sunny' }
        }),
      },
    )
    await vi.runAllTimersAsync()
    await done
    expect(model.calls).toHaveLength(1)
    expect(await read()).toMatchObject({ state: 'cut', cutReason: 'time_limit', message: { content: 'Hal' } })
  })

  it('goes on where the database was away between steps', async () => {
    const model = new ScriptedModel(calling, FOLLOW_UPS, answering('Sunny.'))
    const { done, read, store } = await start(model, {}, goOn)
    store.faults.beginStep = away(3)
    await vi.runAllTimersAsync()
    await done
    expect(await read()).toMatchObject({ state: 'completed', message: { content: 'Let me see. Sunny.' } })
  })

  it('fails where a step can’t be begun, and keeps what it had said', async () => {
    const { done, read, store, reported } = await start(new ScriptedModel(calling, FOLLOW_UPS), {}, goOn)
    store.faults.beginStep = [fault('internal')]
    await vi.runAllTimersAsync()
    await done
    expect(await read()).toMatchObject({
      state: 'failed',
      errorCode: 'internal',
      message: { content: 'Let me see. ' },
    })
    expect(reported).toMatchObject([{ code: 'internal' }])
  })
})
