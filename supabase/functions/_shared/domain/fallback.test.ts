import { KeyRingError } from '@loacl/sealing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CALL } from '../test/model_call.ts'
import { keyRing, provider, start as begin } from '../test/running_turn.ts'
import {
  answering,
  completed,
  created,
  failed,
  item,
  ScriptedModel,
  textDelta,
  toolCall,
  usage,
} from '../test/scripted_model.ts'
import { askModel } from './fallback.ts'
import type { ModelCall, ModelEvent } from './model.ts'
import { TooMuchOutput } from './output_limits.ts'
import { turnError } from './turn_errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const second: ModelCall = { ...CALL, configId: 'second', model: 'gpt-oss:20b' }

/** Asks with the second as the fallback. */
async function ask(model: ScriptedModel, signal = new AbortController().signal) {
  const said: ModelEvent[] = []
  const taken: string[] = []
  const calls = { first: CALL, fallback: async () => second }
  const asking = (async () => {
    const events = askModel(
      calls,
      model,
      signal,
      ({ error }) => taken.push(error.code),
      ({ configId }) => taken.push(configId),
    )
    for await (const event of events) said.push(event)
  })()
  const failure = asking.then(
    () => null,
    (error: unknown) => error,
  )
  await vi.runAllTimersAsync()
  return { error: await failure, events: said, taken, asked: model.calls.map(({ configId }) => configId) }
}

describe('the fallback', () => {
  it.each([
    ['can’t be reached', [turnError('model_unavailable')], 'model_unavailable'],
    ['has too much to do', [turnError('model_rate_limited')], 'model_rate_limited'],
    ['says so in its stream', [created, failed('model_unavailable')], 'model_unavailable'],
    ['breaks off before its first word', [created, item({}), turnError('model_stream_broken')], 'model_stream_broken'],
    ['ends without a word', [created], 'model_stream_broken'],
    ['sends nothing in time', [new Promise(() => {})], 'model_unavailable'],
  ] as const)('answers where the first %s', async (_, script, code) => {
    const { events, taken, asked, error } = await ask(new ScriptedModel(script, undefined, answering('Hello')))
    expect({ error, asked, taken }).toEqual({ error: null, asked: ['config', 'second'], taken: [code, 'second'] })
    // Nothing of what the first had begun.
    expect(events.filter(({ type }) => type === 'text-delta')).toHaveLength(1)
    expect(events.filter(({ type }) => type === 'item')).toHaveLength(1)
    expect(events.at(-1)).toEqual(completed)
  })

  it.each([
    ['answers', answering('Hello')],
    ['calls a tool', [created, toolCall('c'), completed]],
    ['fails after its first word', [created, textDelta('Hel'), failed('model_unavailable')]],
  ] as const)('is not asked where the first %s', async (_, script) => {
    const { asked, taken } = await ask(new ScriptedModel(script))
    expect({ asked, taken }).toEqual({ asked: ['config'], taken: [] })
  })

  it.each([
    ['its key', turnError('provider_key_rejected')],
    ['the request', turnError('model_request_rejected')],
    ['more than was asked for', new TooMuchOutput()],
    ['a break after its first word', turnError('model_stream_broken')],
  ])('is not asked where the first fails by %s', async (what, failure) => {
    const said = what.startsWith('a break') ? [textDelta('Hel')] : []
    const { asked, error } = await ask(new ScriptedModel([created, ...said, failure]))
    expect({ asked, error }).toEqual({ asked: ['config'], error: failure })
  })

  it('is not asked where the first thinks for long once it has begun', async () => {
    const thinking = new Promise((resolve) => setTimeout(resolve, 50_000))
    const { asked, error } = await ask(new ScriptedModel([created, thinking, textDelta('Hello'), completed]))
    expect({ asked, error }).toEqual({ asked: ['config'], error: null })
  })

  it('is not asked any more once the turn is to end', async () => {
    const stop = new AbortController()
    const model = new ScriptedModel([new Promise(() => {})])
    const asking = ask(model, stop.signal)
    stop.abort()
    expect(await asking).toMatchObject({ error: null, asked: ['config'], taken: [] })
    expect(model.signals[0]!.aborted).toBe(true)
  })
})

describe('a turn whose first provider is down', () => {
  const fallback = {
    model: 'gpt-oss:20b',
    provider: {
      ...provider,
      configId: 'second',
      provider: 'openai-chat' as const,
      baseUrl: 'https://models.example/v1',
    },
  }

  async function start(model: ScriptedModel, change: Parameters<typeof begin>[1] = {}) {
    const running = await begin(model, change, { fallback })
    await vi.runAllTimersAsync()
    await running.done
    return { ...running, stored: await running.read() }
  }

  it('is answered by the fallback, and stores and says so', async () => {
    const script = [created, textDelta('Hello'), usage, completed]
    const model = new ScriptedModel([turnError('model_unavailable')], '{"title":"A greeting","followUps":[]}', script)
    const { store, stored, reported } = await start(model, { followUpModel: 'gpt-5.4-nano' })
    expect(model.calls).toMatchObject([
      { configId: 'c', wireFormat: 'openai', model: 'gpt-6-luna', baseUrl: null },
      { configId: 'second', wireFormat: 'openai-chat', model: 'gpt-oss:20b', baseUrl: 'https://models.example/v1' },
    ])
    expect(model.calls[1]!.input).toEqual([{ type: 'text', role: 'user', text: 'Hello' }])
    expect(stored.message).toMatchObject({ content: 'Hello', status: 'completed' })
    expect(store.outcomes.at(-1)?.fallback).toEqual({ configId: 'second', model: 'gpt-oss:20b' })
    // The cheaper model is one of the first provider's.
    expect(model.structuredCalls).toMatchObject([{ configId: 'second', model: 'gpt-oss:20b' }])
    expect(reported).toMatchObject([{ code: 'model_unavailable' }])
  })

  it('keeps what the first said of its call, which it may charge for', async () => {
    const begun = [created, usage, failed('model_unavailable')]
    const { store } = await start(new ScriptedModel(begun, undefined, answering('Hello')))
    expect(store.outcomes.at(-1)?.givenUp).toEqual({
      errorCode: 'model_unavailable',
      responseId: 'resp_1',
      model: 'gpt-6-luna-2026-09-01',
      usage: expect.objectContaining({ inputTokens: expect.any(Number) }),
    })
  })

  it('keeps it too where the fallback can’t be asked', async () => {
    const script = [created, usage, failed('model_unavailable')]
    keyRing.open
      .mockResolvedValueOnce('sk-live-123')
      .mockRejectedValueOnce(new KeyRingError('key_unknown', 'It does not open.'))
    const { store, stored } = await start(new ScriptedModel(script))
    expect(stored).toMatchObject({ state: 'failed', errorCode: 'provider_key_unusable' })
    expect(store.outcomes.at(-1)).toMatchObject({ fallback: null, givenUp: { responseId: 'resp_1' } })
  })

  it('asks the cheaper model for follow-ups where the first answers', async () => {
    const model = new ScriptedModel(answering('Hello'), '{"title":"A greeting","followUps":[]}')
    const { store } = await start(model, { followUpModel: 'gpt-5.4-nano' })
    expect(model.structuredCalls).toMatchObject([{ configId: 'c', model: 'gpt-5.4-nano', reasoningEffort: null }])
    expect(store.outcomes.at(-1)?.fallback).toBeNull()
  })

  it('fails as the fallback does where that is down too', async () => {
    const model = new ScriptedModel([turnError('model_unavailable')], undefined, [turnError('model_rate_limited')])
    const { stored, store } = await start(model)
    expect(stored).toMatchObject({ state: 'failed', errorCode: 'model_rate_limited' })
    expect(store.outcomes.at(-1)?.fallback).toEqual({ configId: 'second', model: 'gpt-oss:20b' })
  })
})
