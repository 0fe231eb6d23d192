import { KeyRingError } from '@loacl/sealing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { caller, keyRing, run, start } from '../test/running_turn.ts'
import {
  answering,
  cite,
  completed,
  created,
  failed,
  gate,
  incomplete,
  item,
  ScriptedModel,
  type ScriptStep,
  textDelta,
} from '../test/scripted_model.ts'
import { outputLimits, TooMuchOutput } from './output_limits.ts'
import { turnError } from './turn_errors.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const asked = { maxOutputTokens: 16, instructions: 'Be kind.' }
const { characters, eventBytes } = outputLimits(asked)
const reasoning = (delta: string) => ({ type: 'reasoning-delta', key: 'rs_1', delta }) as const

describe('a turn ends once', () => {
  it.each([
    ['length', incomplete('max_output_tokens'), 'max_output_tokens'],
    ['content-filter', incomplete('content_filter'), 'content_filter'],
  ])('cut, with %s', async (finishReason, event, cutReason) => {
    const { parts, stored } = await run([textDelta('Hal'), event])
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason })
    expect(stored).toMatchObject({ state: 'cut', cutReason, message: { content: 'Hal', cutReason } })
  })

  it.each<[string, readonly ScriptStep[], string]>([
    ['text without an end', Array.from({ length: 30 }, () => textDelta('a'.repeat(200))), 'a'.repeat(characters)],
    [
      'characters one by one',
      Array.from({ length: characters }, () => textDelta('a')),
      expect.stringMatching(new RegExp(`^a{${Math.floor(characters / 3)},${Math.ceil(characters / 3)}}$`)),
    ],
    ['one text of any length', [textDelta('a'.repeat(characters + 1)), completed], 'a'.repeat(characters)],
    ['half a character', [textDelta(`${'a'.repeat(characters - 1)}🙂`), completed], 'a'.repeat(characters - 1)],
    ['reasoning', [textDelta('Hal'), ...Array.from({ length: 30 }, () => reasoning('a'.repeat(200)))], 'Hal'],
    [
      'sources',
      [textDelta('Hal'), ...Array.from({ length: 100 }, (_, n) => cite({ url: `https://x.example/${n}` }))],
      'Hal',
    ],
    [
      'items',
      [textDelta('Hal'), ...Array.from({ length: 10 }, () => item({ text: 'a'.repeat(eventBytes / 9) }))],
      'Hal',
    ],
    ['empty items', [textDelta('Hal'), ...Array.from({ length: eventBytes / 64 }, () => item({ text: '' }))], 'Hal'],
    ['texts of a character', Array.from({ length: 4_000 }, (_, n) => textDelta('a', `m${n}`)), 'a'.repeat(499)],
    ['more bytes than are read', [created, textDelta('Hal'), new TooMuchOutput()], 'Hal'],
  ])('cut, where the provider sends %s, with what came until then', async (_, steps, content) => {
    const { parts, types, stored } = await run([...steps, completed], asked)
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason: 'length' })
    expect(types().filter((type) => type.endsWith('-end'))).toHaveLength(
      types().filter((type) => type.endsWith('-start')).length,
    )
    expect(stored).toMatchObject({
      state: 'cut',
      cutReason: 'max_output_tokens',
      message: { content, cutReason: 'max_output_tokens' },
    })
  })

  it.each([501, 2_000, 50_000])('failed, where the provider’s item has %i levels, with what came', async (levels) => {
    const deep = JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown
    const { types, stored } = await run([textDelta('Hal'), item(deep), completed])
    expect(types().at(-1)).toBe('error')
    expect(stored).toMatchObject({ state: 'failed', errorCode: 'model_stream_broken', message: { content: 'Hal' } })
  })

  it.each([
    ['before any text', [failed('model_unavailable')], 'model_unavailable', ''],
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
    const { read } = await start(model)
    await vi.runAllTimersAsync()
    expect(model.calls).toEqual([])
    expect(await read()).toMatchObject({
      state: 'failed',
      errorCode: 'provider_key_unusable',
    })
  })

  // A turn polls for a request to stop, which may come just before a poll or just after one.
  const moments = Array.from({ length: 21 }, (_, place) => 5_000 + place * 50)
  it.each(moments)('stopped within a second of the request at %i ms, keeping what had come', async (moment) => {
    const model = new ScriptedModel([textDelta('Hal'), gate().opened])
    const { turn, types, done, parts, store, read } = await start(model)
    await vi.advanceTimersByTimeAsync(moment)
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
    expect(await read()).toMatchObject({
      state: 'stopped',
      message: { content: 'Hal' },
    })
  })

  it.each<[string, (shutdown: AbortController) => Promise<unknown>]>([
    ['at its deadline', () => vi.advanceTimersByTimeAsync(60_000)],
    [
      'when its worker is about to end',
      (shutdown) => {
        shutdown.abort()
        return vi.advanceTimersByTimeAsync(100)
      },
    ],
  ])('cut %s', async (_, pass) => {
    const { done, parts, shutdown, read } = await start(new ScriptedModel([textDelta('Hal'), gate().opened]))
    await vi.advanceTimersByTimeAsync(1_000)
    await pass(shutdown)
    await done
    expect(parts().at(-1)).toEqual({ type: 'finish', finishReason: 'other' })
    expect(await read()).toMatchObject({ state: 'cut', cutReason: 'time_limit' })
  })

  it('without a call, where it is stopped before one is made', async () => {
    const model = new ScriptedModel(answering('Hi'))
    const opened = gate()
    keyRing.open.mockImplementationOnce(async () => opened.opened.then(() => 'sk'))
    const { turn, done, store, read } = await start(model)
    await store.stopTurn(turn.turn.id, caller)
    await vi.advanceTimersByTimeAsync(1_000)
    opened.open()
    await done
    expect(model.calls).toEqual([])
    expect(store.stepsCalled).toEqual([false])
    expect(await read()).toMatchObject({ state: 'stopped' })
  })

  it('where somebody else ended it, for who comes back to it', async () => {
    const model = new ScriptedModel([textDelta('Hal'), gate().opened])
    const { turn, done, parts, read, store } = await start(model)
    await vi.advanceTimersByTimeAsync(1_000)
    store.abandon(turn.turn.id)
    await vi.advanceTimersByTimeAsync(1_000)
    await done
    expect(model.signals[0]!.aborted).toBe(true)
    // What this worker has said since is not in it.
    expect(parts().at(-1)).toMatchObject({ type: 'text-end' })
    expect(await read()).toMatchObject({ state: 'failed', errorCode: 'turn_abandoned' })
  })
})
