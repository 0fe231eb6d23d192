import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FOLLOW_UPS, keyRing, run, start, textOf } from '../test/running_turn.ts'
import { answering, completed, gate, ScriptedModel, textDelta } from '../test/scripted_model.ts'
import { turnError } from './turn_errors.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('a turn', () => {
  it('says whose it is, streams, is stored, and then brings follow-ups and a title', async () => {
    const { seen, types, parts, turn, store, stored, model } = await run(answering('Hel', 'lo'))
    expect(types()).toEqual([
      'start',
      'data-turn',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'data-answer-complete',
      'data-follow-ups',
      'data-title',
      'finish',
    ])
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const { threadId, userMessageId, messageId } = turn
    expect(parts()[0]).toEqual({ type: 'start', messageId })
    expect(parts()[1]).toEqual({
      type: 'data-turn',
      data: { turnId: turn.turn.id, threadId, userMessageId, messageId },
    })
    expect(parts()[6]).toEqual({
      type: 'data-answer-complete',
      data: { messageId, status: 'completed', cutReason: null, usage: { inputTokens: 20, outputTokens: 7 } },
    })
    expect(parts()[8]).toEqual({ type: 'data-title', data: { threadId, title: 'A greeting' } })
    expect(stored).toMatchObject({ state: 'completed', message: { content: 'Hello', status: 'completed' } })
    expect(stored.parts).toEqual(seen.slice(0, 6))
    expect(stored.message!.suggestions.map(({ suggestion }) => suggestion)).toEqual(['What now?', 'Why?'])
    expect(store.titleOf(threadId)).toBe('A greeting')
    // One step costs no call of the database beside those of its turn.
    const calls = store.calls.filter((method) => method !== 'appendParts' && method !== 'readTurn')
    expect(calls).toEqual(['beginTurn', 'finishTurn', 'saveFollowUps'])
    expect(model.calls[0]).toMatchObject({
      apiKey: 'sk-live-123',
      model: 'gpt-6-luna',
      instructions: 'Be kind.',
      input: [{ type: 'text', role: 'user', text: 'Hello' }],
      maxOutputTokens: 2_000,
      promptCacheKey: threadId,
      safetyIdentifier: 'hash',
    })
  })

  it('sends its first parts before it has opened the key or called the model', async () => {
    const model = new ScriptedModel([gate().opened])
    const { types, done, shutdown } = await start(model)
    const waiting = gate()
    keyRing.open.mockImplementationOnce(async () => {
      await waiting.opened
      return 'sk'
    })
    await vi.advanceTimersByTimeAsync(0)
    expect(types()).toEqual(['start', 'data-turn'])
    expect(model.calls).toEqual([])
    shutdown.abort()
    waiting.open()
    await vi.runAllTimersAsync()
    await done
  })

  it('passes a token on without waiting for the database', async () => {
    const held = gate()
    const { seen, store } = await start(new ScriptedModel([textDelta('a'), textDelta('b'), held.opened, completed]))
    vi.spyOn(store, 'appendParts').mockImplementation(() => new Promise(() => {}))
    await vi.advanceTimersByTimeAsync(300)
    expect(textOf(seen.map(({ part }) => part))).toBe('ab')
  })

  it('asks for no follow-ups where nobody wants them', async () => {
    const { model, types } = await run(answering('Hi'), { followUps: false })
    expect(model.structuredCalls).toHaveLength(1)
    expect(types()).not.toContain('data-follow-ups')
    expect(types()).toContain('data-title')
  })

  it('holds the stream open for follow-ups for three seconds at most, and stores them all the same', async () => {
    const slow = gate()
    const model = new ScriptedModel(
      answering('Hi'),
      slow.opened.then(() => FOLLOW_UPS),
    )
    const { types, done, turn, store } = await start(model)
    await vi.advanceTimersByTimeAsync(2_900)
    expect(types().at(-1)).toBe('data-answer-complete')
    await vi.advanceTimersByTimeAsync(400)
    expect(types().at(-1)).toBe('finish')
    slow.open()
    await vi.runAllTimersAsync()
    await done
    expect(types().at(-1)).toBe('finish')
    expect(store.titleOf(turn.threadId)).toBe('A greeting')
  })

  it.each([
    ['was refused', turnError('model_rate_limited'), []],
    ['broke off', turnError('model_stream_broken'), [null]],
  ])('says what follow-ups cost whose call %s', async (_, followUps, usage) => {
    const { done, store } = await start(new ScriptedModel(answering('Hi'), followUps))
    await vi.runAllTimersAsync()
    await done
    expect(store.calls.at(-1)).toBe('saveFollowUps')
    expect(store.followUpUsage).toEqual(usage)
  })

  it('completes without follow-ups where their call fails', async () => {
    const { types, done, reported } = await start(new ScriptedModel(answering('Hi'), turnError('model_unavailable')))
    await vi.runAllTimersAsync()
    await done
    expect(types().slice(-2)).toEqual(['data-answer-complete', 'finish'])
    expect(reported).toMatchObject([{ code: 'model_unavailable' }])
  })
})
