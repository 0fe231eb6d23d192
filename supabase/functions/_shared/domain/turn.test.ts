import type { NumberedPart, StreamPart } from '@loacl/wire'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fault, MemoryStore } from '../test/memory_store.ts'
import {
  answering,
  completed,
  failed,
  gate,
  incomplete,
  ScriptedModel,
  textDelta,
  type Step,
} from '../test/scripted_model.ts'
import { newCaller } from '../test/store_contract.ts'
import { type KeyRing, KeyRingError } from './key_ring.ts'
import type { NewTurn } from './store.ts'
import { runTurn } from './turn.ts'
import { turnError } from './turn_errors.ts'

const assistantId = crypto.randomUUID()
const FOLLOW_UPS = JSON.stringify({ title: 'A greeting', followUps: ['What now?', 'Why?'] })

const caller = newCaller()
let store: MemoryStore
let shutdown: AbortController
let reported: unknown[]

beforeEach(() => {
  vi.useFakeTimers()
  shutdown = new AbortController()
  reported = []
})
afterEach(() => vi.useRealTimers())

const provider = {
  purpose: 'provider_key',
  secretId: 's',
  ownerId: 'o',
  provider: 'openai',
  baseUrl: null,
  keyId: 'k',
  ciphertext: 'sealed',
}
/** Real cryptography takes real time, which stands still here. */
const keyRing = {
  open: vi.fn<KeyRing['open']>(async () => 'sk-live-123'),
  currentKeyId: 'k',
  seal: async () => ({ keyId: 'k', ciphertext: 'sealed' }),
}

const away = (times: number) => Array.from({ length: times }, () => fault('database_unavailable'))

/** Begins a turn and lets it run, with everything that a test may want to look at. */
async function start(model: ScriptedModel, change: Partial<NewTurn['assistant']> = {}) {
  store = new MemoryStore({ assistantId, assistant: change, provider })
  const turn = (await store.beginTurn(
    {
      request: { type: 'message', assistantId, id: crypto.randomUUID(), threadId: null, text: 'Hello' },
      origin: null,
      address: null,
      deadlineMs: 60_000,
    },
    caller,
  )) as NewTurn
  const seen: NumberedPart[] = []
  const context = { caller, requestId: 'r-1', safetyIdentifier: 'hash', deadlineMs: 60_000 }
  const world = { store, model, keyRing, shutdown: shutdown.signal, report: (error: unknown) => reported.push(error) }
  const done = (async () => {
    for await (const part of runTurn(turn, context, world)) seen.push(part)
  })()
  return { turn, seen, done, types: () => seen.map(({ part }) => part.type), parts: () => seen.map(({ part }) => part) }
}

const run = async (steps: readonly Step[], change?: Partial<NewTurn['assistant']>) => {
  const model = new ScriptedModel(steps, FOLLOW_UPS)
  const running = await start(model, change)
  await vi.runAllTimersAsync()
  await running.done
  return { model, ...running, stored: await store.readTurn(running.turn.turn.id, 0, caller) }
}

const textOf = (parts: readonly StreamPart[]) =>
  parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')

describe('a turn', () => {
  it('says whose it is, streams, is stored, and then brings follow-ups and a title', async () => {
    const { seen, types, parts, turn, stored, model } = await run(answering('Hel', 'lo'))
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
    expect(model.calls[0]).toMatchObject({
      apiKey: 'sk-live-123',
      model: 'gpt-6-luna',
      instructions: 'Be kind.',
      input: [{ role: 'user', content: 'Hello' }],
      maxOutputTokens: 2_000,
      promptCacheKey: threadId,
      safetyIdentifier: 'hash',
    })
  })

  it('sends its first parts before it has opened the key or called the model', async () => {
    const model = new ScriptedModel([gate().opened])
    const { types, done } = await start(model)
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
    const { seen } = await start(new ScriptedModel([textDelta('a'), textDelta('b'), held.opened, completed]))
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
    const { types, done, turn } = await start(model)
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

  it('completes without follow-ups where their call fails', async () => {
    const { types, done } = await start(new ScriptedModel(answering('Hi'), turnError('model_unavailable')))
    await vi.runAllTimersAsync()
    await done
    expect(types().slice(-2)).toEqual(['data-answer-complete', 'finish'])
    expect(reported).toMatchObject([{ code: 'model_unavailable' }])
  })
})

describe('a turn ends once', () => {
  it.each([
    ['length', incomplete('max_output_tokens'), 'max_output_tokens'],
    ['content-filter', incomplete('content_filter'), 'content_filter'],
  ])('cut, with %s', async (finishReason, event, cutReason) => {
    const { parts, stored } = await run([textDelta('Hal'), event])
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason })
    expect(stored).toMatchObject({ state: 'cut', cutReason, message: { content: 'Hal', cutReason } })
  })

  it.each([
    ['before any text', [failed('server_error')], 'model_unavailable', ''],
    [
      'before any text, by an exception',
      [turnError('model_rate_limited', { retryAfterMs: 2_000 })],
      'model_rate_limited',
      '',
    ],
    ['in the middle', [textDelta('Hal'), new TypeError('terminated sk-live-123')], 'internal', 'Hal'],
    ['in the middle, silently', [textDelta('Hal')], 'model_stream_broken', 'Hal'],
    ['with nothing at all', [], 'model_stream_broken', ''],
  ] as const)('failed %s', async (_, steps, code, content) => {
    const { parts, types, stored } = await run(steps)
    expect(types().slice(-3)).toEqual(['data-answer-complete', 'data-error', 'error'])
    expect(parts().at(-2)).toMatchObject({ data: { code, requestId: 'r-1' } })
    expect(JSON.stringify(parts())).not.toMatch(/sk-live|secret words/)
    expect(stored).toMatchObject({ state: 'failed', errorCode: code, message: { content, status: 'failed' } })
    expect(types().filter((type) => ['finish', 'abort', 'error'].includes(type))).toEqual(['error'])
  })

  it('failed where its key does not open', async () => {
    const model = new ScriptedModel(answering('Hi'))
    keyRing.open.mockRejectedValueOnce(new KeyRingError('seal_broken', 'Broken.'))
    const { turn } = await start(model)
    await vi.runAllTimersAsync()
    expect(model.calls).toEqual([])
    expect(await store.readTurn(turn.turn.id, 0, caller)).toMatchObject({
      state: 'failed',
      errorCode: 'provider_key_unusable',
    })
  })

  it('stopped within a second of the wish, keeping what had come', async () => {
    const model = new ScriptedModel([textDelta('Hal'), gate().opened])
    const { turn, types, done, parts } = await start(model)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(types().at(-1)).toBe('text-delta')
    await store.stopTurn(turn.turn.id, caller)
    await vi.advanceTimersByTimeAsync(1_000)
    await done
    expect(parts().slice(-3)).toMatchObject([
      { type: 'text-end' },
      { type: 'data-answer-complete', data: { status: 'stopped' } },
      { type: 'abort', reason: 'stopped' },
    ])
    expect(model.signals[0]!.aborted).toBe(true)
    expect(await store.readTurn(turn.turn.id, 0, caller)).toMatchObject({
      state: 'stopped',
      message: { content: 'Hal' },
    })
  })

  it.each([
    ['at its deadline', () => vi.advanceTimersByTimeAsync(60_000)],
    [
      'when its worker is about to end',
      () => {
        shutdown.abort()
        return vi.advanceTimersByTimeAsync(100)
      },
    ],
  ])('cut %s', async (_, pass) => {
    const { turn, done, parts } = await start(new ScriptedModel([textDelta('Hal'), gate().opened]))
    await vi.advanceTimersByTimeAsync(1_000)
    await pass()
    await done
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason: 'other' })
    expect(await store.readTurn(turn.turn.id, 0, caller)).toMatchObject({ state: 'cut', cutReason: 'time_limit' })
  })

  it('as somebody else ended it, once its lease is lost', async () => {
    const model = new ScriptedModel([textDelta('Hal'), gate().opened])
    const { turn, done, parts } = await start(model)
    await vi.advanceTimersByTimeAsync(1_000)
    store.abandon(turn.turn.id)
    await vi.advanceTimersByTimeAsync(1_000)
    await done
    expect(model.signals[0]!.aborted).toBe(true)
    expect(parts().slice(-3)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'failed' } },
      { type: 'data-error', data: { code: 'turn_abandoned' } },
      { type: 'error' },
    ])
  })
})

describe('a turn whose database goes away', () => {
  it('goes on streaming, and stores every part once the database is back', async () => {
    const held = gate()
    const model = new ScriptedModel([textDelta('Hal'), held.opened, textDelta('lo'), completed], FOLLOW_UPS)
    const { turn, seen, done, parts } = await start(model)
    store.faults.appendParts = away(3)
    // Back by then, with the first parts stored: the rest is a batch of its own.
    await vi.advanceTimersByTimeAsync(3_000)
    held.open()
    await vi.runAllTimersAsync()
    await done
    expect(textOf(parts())).toBe('Hallo')
    const stored = await store.readTurn(turn.turn.id, 0, caller)
    expect(stored).toMatchObject({ state: 'completed', message: { content: 'Hallo' } })
    const answered = seen.findIndex(({ part }) => part.type === 'data-answer-complete')
    expect(stored.parts).toEqual(seen.slice(0, answered))
  })

  it('tries to store its end for a while', async () => {
    const { turn, done, parts } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = away(4)
    await vi.runAllTimersAsync()
    await done
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
    expect(await store.readTurn(turn.turn.id, 0, caller)).toMatchObject({ state: 'completed' })
  })

  it('does not take its own end, whose answer was lost, for somebody else’s', async () => {
    const { done, types, parts } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
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

  it('says so where it stays away', async () => {
    const { done, parts, types } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = away(20)
    await vi.runAllTimersAsync()
    await done
    expect(types()).not.toContain('data-answer-complete')
    expect(parts().slice(-2)).toMatchObject([
      { type: 'data-error', data: { code: 'database_unavailable' } },
      { type: 'error' },
    ])
    expect(reported).toMatchObject([{ code: 'database_unavailable' }])
  })

  it('stores less rather than nothing where its outcome is refused', async () => {
    const { turn, done, parts } = await start(new ScriptedModel(answering('Hi'), FOLLOW_UPS))
    store.faults.finishTurn = [fault('internal')]
    await vi.runAllTimersAsync()
    await done
    expect(parts().slice(-2)).toMatchObject([{ type: 'data-error', data: { code: 'internal' } }, { type: 'error' }])
    expect(await store.readTurn(turn.turn.id, 0, caller)).toMatchObject({
      state: 'failed',
      errorCode: 'internal',
      message: { content: 'Hi' },
    })
  })
})
