import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fault } from '../test/memory_turn.ts'
import { away, caller, FOLLOW_UPS, start, textOf } from '../test/running_turn.ts'
import {
  answering,
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
import { tool } from '../test/tools.ts'
import { followTurn } from './stored_turn.ts'
import type { ToolCall } from './model.ts'
import type { StoredTurn } from './store.ts'
import { prepareCalls } from './tools/prepare_calls.ts'
import { createTurnPoll } from './turn_poll.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const result = { type: 'tool-result', callId: 'c1', output: expect.stringContaining('"result":"Sunny"') }
const reasoning = { type: 'reasoning', encrypted_content: 'x' }
/** A step that says something and calls a tool. */
const calling: ScriptStep[] = [created, textDelta('Let me see. '), item(reasoning), toolCall('c1'), usage, completed]
/** One that has to be asked about. */
const waitForTools = { tools: [tool()] }

const pickWaiting = ({ expiresAt, calls }: NonNullable<StoredTurn['waiting']>) => ({ expiresAt, calls })

async function run(model: ScriptedModel, surroundings: typeof waitForTools) {
  const running = await start(model, {}, surroundings)
  await vi.runAllTimersAsync()
  await running.done
  return { ...running, stored: await running.read() }
}

describe('a turn that has to wait', () => {
  it('says so, ends its stream and leaves nothing running', async () => {
    const model = new ScriptedModel(calling, FOLLOW_UPS)
    const { parts, seen, stored, turn, store } = await run(model, waitForTools)
    expect(parts().slice(-2)).toEqual([
      { type: 'data-waiting', data: { messageId: turn.messageId, step: 1, ...pickWaiting(stored.waiting!) } },
      { type: 'finish', finishReason: 'other' },
    ])
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, place) => place + 1))
    expect(stored).toMatchObject({ state: 'waiting', lastSeq: seen.length, message: null })
    expect(stored.parts).toEqual(seen.slice(0, -2))
    expect(model.structuredCalls).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(store.calls).not.toContain('finishTurn')
  })

  it('goes on with what it waited for, in the same answer, numbering its parts on', async () => {
    const model = new ScriptedModel(calling, FOLLOW_UPS, answering('Sunny.'))
    const { seen, resume, read, decide, callsOf } = await run(model, waitForTools)
    await decide(callsOf(1)[0]!)
    const resuming = resume(1)
    await vi.runAllTimersAsync()
    const more = await resuming
    expect(model.calls[1]!.input).toEqual([
      { type: 'text', role: 'user', text: 'Hello' },
      { type: 'provider-item', item: reasoning, from: 'c' },
      result,
    ])
    expect(more.map(({ part }) => part.type)).toEqual([
      'tool-approval-response',
      'tool-output-available',
      'text-start',
      'text-delta',
      'text-end',
      'data-answer-complete',
      'data-follow-ups',
      'data-title',
      'finish',
    ])
    expect(more.map(({ seq }) => seq)).toEqual(more.map((_, place) => seen.length + 1 + place))
    expect(more[2]!.part).toEqual({ type: 'text-start', id: 'text-2' })
    const stored = await read()
    expect(stored).toMatchObject({ state: 'completed', message: { content: 'Let me see. Sunny.' } })
    expect(stored.parts).toEqual([...seen.slice(0, -2), ...more.slice(0, 5)])
  })

  it('is told to a follower as it was to its first reader, who keeps no connection', async () => {
    const held = gate()
    const model = new ScriptedModel([...calling.slice(0, 2), held.opened, ...calling.slice(2)], FOLLOW_UPS)
    const { turn, store, done, seen } = await start(model, {}, waitForTools)
    await vi.advanceTimersByTimeAsync(1_000)
    const follow = async (after: number) => {
      const asked = { turnId: turn.turn.id, after, caller, requestId: 'r', signal: new AbortController().signal }
      const parts = []
      const first = await store.readTurn(turn.turn.id, after, caller)
      const deps = { store, pollTurn: createTurnPoll(store), takeOver: async () => null }
      for await (const part of followTurn(first, asked, deps)) parts.push(part)
      return parts
    }
    const early = follow(0)
    held.open()
    await vi.runAllTimersAsync()
    await done
    expect(await early).toEqual(seen)
    expect(await follow(3)).toEqual(seen.slice(3))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not wait where the visitor has stopped it meanwhile', async () => {
    const { done, parts, store, turn } = await start(new ScriptedModel(calling, FOLLOW_UPS), {}, waitForTools)
    const beginCalls = store.beginCalls.bind(store)
    vi.spyOn(store, 'beginCalls').mockImplementationOnce(async (...args) => {
      await store.stopTurn(turn.turn.id, caller)
      return beginCalls(...args)
    })
    await vi.runAllTimersAsync()
    await done
    expect(parts().slice(-2)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'stopped' } },
      { type: 'abort', reason: 'stopped' },
    ])
  })

  it('does not wait with a stream that could not be stored', async () => {
    const running = await start(new ScriptedModel(calling, FOLLOW_UPS), {}, waitForTools)
    running.store.faults.appendParts = away(7)
    await vi.runAllTimersAsync()
    await running.done
    expect(running.types()).not.toContain('data-waiting')
    expect(await running.read()).toMatchObject({ state: 'running', parts: [] })
  })

  it('waits though the answer to that was lost', async () => {
    const running = await start(new ScriptedModel(calling, FOLLOW_UPS), {}, waitForTools)
    const waitTurn = running.store.waitTurn.bind(running.store)
    vi.spyOn(running.store, 'waitTurn').mockImplementationOnce(async (...args) => {
      await waitTurn(...args)
      throw fault('database_unavailable')
    })
    await vi.runAllTimersAsync()
    await running.done
    expect(running.types().slice(-2)).toEqual(['data-waiting', 'finish'])
  })

  it('says how it stands where somebody else has resumed it before the answer to that came', async () => {
    const { store, turn, done, parts } = await start(new ScriptedModel(calling, FOLLOW_UPS), {}, waitForTools)
    const waitTurn = store.waitTurn.bind(store)
    vi.spyOn(store, 'waitTurn').mockImplementationOnce(async (mine, ...rest) => {
      await waitTurn(mine, ...rest)
      const theirs = { id: turn.turn.id, lease: crypto.randomUUID() }
      await store.resumeTurn(theirs, 1, 60_000, caller)
      await store.beginStep(theirs, 2, [], null)
      const { calls } = await prepareCalls([toolCall('c2') as ToolCall], turn.tools, () => {})
      await store.beginCalls(theirs, 2, calls)
      await waitTurn(theirs, ...rest)
      throw fault('database_unavailable')
    })
    await vi.runAllTimersAsync()
    await done
    expect(parts().slice(-2)).toMatchObject([{ type: 'data-waiting', data: { step: 2 } }, { type: 'finish' }])
  })

  it('fails where a turn that was resumed has lost its key, and keeps what it had said', async () => {
    const { resume, read, store, turn, decide, callsOf } = await run(
      new ScriptedModel(calling, FOLLOW_UPS),
      waitForTools,
    )
    await decide(callsOf(1)[0]!)
    const resumeTurn = store.resumeTurn.bind(store)
    vi.spyOn(store, 'resumeTurn').mockImplementationOnce(async (...args) => {
      const resumed = await resumeTurn(...args)
      return resumed.joined ? resumed : { ...resumed, provider: null }
    })
    const resuming = resume(1)
    await vi.runAllTimersAsync()
    expect(textOf((await resuming).map(({ part }) => part))).toBe('')
    expect(await read()).toMatchObject({
      state: 'failed',
      errorCode: 'provider_key_missing',
      messageId: turn.messageId,
      message: { content: 'Let me see. ' },
    })
  })
})
