import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createTurnCalls, delta } from '../turns/turn_calls.ts'
import { createModerated, FIRST } from './moderated.ts'

const world = createWorld(workerStack())
const { api, asServer } = world
const { append, read, abandon, stop, listMessages } = createTurnCalls(world)
const { moderating, tablesWith } = createModerated(world)
afterAll(() => world.close())

/** A turn that said this much before its worker went. */
const leave = async (settings: Record<string, boolean>, parts: object[], isStopped = false) => {
  const { id } = await moderating(settings)
  const token = createToken()
  const begun = await world.ask(id, token)
  await append(begun.turn, 1, parts)
  if (isStopped) await stop(begun.turn, token)
  await abandon(begun.turn)
  return { ...begun, assistantId: id, token, items: (await listMessages(begun.threadId, token)).items }
}

const refuse = (errorCode: string) => ({ state: 'failed', errorCode, content: '', parts: [] })

describe('an answer whose worker has gone before it was checked to its end', () => {
  it.each([false, true])('is withdrawn (stopped: %s)', async (isStopped) => {
    const word = `w${randomUUID()}`
    const { turn, token, items } = await leave({}, [...FIRST, delta(word)], isStopped)
    expect(items[0]).toMatchObject({ status: 'failed', errorCode: 'moderation_unavailable', content: '', parts: [] })
    expect(items[0].streamed).toBe(undefined)
    expect((await read(turn, 2, token)).body).toMatchObject({ errorCode: 'moderation_unavailable', parts: [] })
    expect(await tablesWith(word)).toEqual([])
  })

  it('is kept where its owner lets through what could not be checked, or moderates no answers', async () => {
    for (const settings of [{ moderation_fails_open: true }, { moderates_output: false }]) {
      const { items } = await leave(settings, [...FIRST, delta('Half')])
      expect(items[0]).toMatchObject({ errorCode: 'turn_abandoned', content: 'Half' })
    }
  })

  it('is withdrawn by its worker who comes late and knows that it was flagged, and by nobody else', async () => {
    const word = `w${randomUUID()}`
    const { turn, token, threadId, items } = await leave({ moderation_fails_open: true }, [...FIRST, delta(word)])
    expect(items[0]).toMatchObject({ errorCode: 'turn_abandoned', content: word })
    const flagged = { state: 'failed', errorCode: 'output_flagged', content: '', parts: [] }
    const stranger = { ...turn, lease: randomUUID() }
    expect(await world.finish(stranger, flagged)).toMatchObject({ status: 409 })
    // No other end changes.
    expect(await world.finish(turn, { content: 'Late' })).toMatchObject({ status: 409 })
    expect(await world.finish(turn, { state: 'failed', errorCode: 'internal' })).toMatchObject({ status: 409 })
    expect(await world.finish(turn, flagged)).toMatchObject({ status: 204 })
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({
      status: 'failed',
      errorCode: 'output_flagged',
      content: '',
      parts: [],
    })
    expect((await read(turn, 0, token)).body).toMatchObject({ state: 'failed', errorCode: 'output_flagged', parts: [] })
    expect(await tablesWith(word)).toEqual([])
    // Once.
    expect(await world.finish(turn, flagged)).toMatchObject({ status: 409 })
  })

  it.each([false, true])('costs what its late worker says that it took, once (stopped: %s)', async (isStopped) => {
    const { turn, assistantId } = await leave({ moderation_fails_open: true }, [...FIRST, delta('Half')], isStopped)
    const logged = () =>
      world.sql`select purpose, input_tokens, output_tokens, is_estimate from loacl.usage_logs where assistant_id = ${assistantId}`
    const [budget] = await world.sql`select day_tokens from loacl_private.budgets where assistant_id = ${assistantId}`
    const [estimate] = await logged()
    expect(estimate).toMatchObject({ purpose: 'answer', is_estimate: true })
    expect(Number(budget!.day_tokens)).toBe(Number(estimate!.input_tokens) + Number(estimate!.output_tokens))

    const usage = { inputTokens: 700, cachedInputTokens: 0, outputTokens: 33, reasoningTokens: 0 }
    const flagged = { ...refuse('output_flagged'), model: 'gpt-5', usage }
    expect(await world.finish(turn, flagged)).toMatchObject({ status: 204 })
    expect(await world.finish(turn, flagged)).toMatchObject({ status: 409 })
    expect(await logged()).toEqual([
      { purpose: 'answer', input_tokens: '700', output_tokens: '33', is_estimate: false },
    ])
    const left = await world.sql`select day_tokens from loacl_private.budgets where assistant_id = ${assistantId}`
    expect(left).toEqual([{ day_tokens: '733' }])
  })

  it('is withdrawn late also where its owner has put the budget to 0, and what was given up for the fallback is logged', async () => {
    const { turn, assistantId, threadId, token } = await leave({ moderation_fails_open: true }, [
      ...FIRST,
      delta('Half'),
    ])
    await world.sql`update loacl_private.budgets set day_tokens = 0, day_usd = 0, month_usd = 0 where assistant_id = ${assistantId}`
    const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, reasoningTokens: 0 }
    const givenUp = {
      errorCode: 'model_failed',
      responseId: 'resp_1',
      model: 'first-model',
      usage: { ...usage, inputTokens: 40, outputTokens: 2 },
    }
    const flagged = { ...refuse('output_flagged'), model: 'second-model', usage, givenUp }
    expect(await world.finish(turn, flagged)).toMatchObject({ status: 204 })
    expect((await listMessages(threadId, token)).items[0]).toMatchObject({ errorCode: 'output_flagged', content: '' })
    const logged =
      await world.sql`select model, input_tokens, is_estimate from loacl.usage_logs where assistant_id = ${assistantId} order by model`
    expect(logged).toEqual([
      { model: 'first-model', input_tokens: '40', is_estimate: false },
      { model: 'second-model', input_tokens: '1', is_estimate: false },
    ])
  })

  it('is stopped for good where its question was refused before there was an answer, and withdrawn with its step where there was', async () => {
    const unanswered = await leave({ moderation_fails_open: true }, FIRST, true)
    expect(await world.finish(unanswered.turn, refuse('input_flagged'))).toMatchObject({ status: 409 })
    const { items } = await listMessages(unanswered.threadId, unanswered.token)
    expect(items[0]).toMatchObject({ status: 'stopped', errorCode: null })

    const answered = await leave({ moderation_fails_open: true }, [...FIRST, delta('Half')], true)
    expect(answered.items[0]).toMatchObject({ status: 'stopped', content: 'Half' })
    expect(await world.finish(answered.turn, refuse('output_flagged'))).toMatchObject({ status: 204 })
    const steps =
      await world.sql`select state, error_code from loacl_private.turn_steps where turn_id = ${answered.turn.id}`
    expect(steps).toEqual([{ state: 'failed', error_code: 'output_flagged' }])
  })

  it.each(['completed', 'running'])(
    'is withdrawn late also where another turn has gone on with it: %s',
    async (state) => {
      const word = `w${randomUUID()}`
      const { turn, token, threadId, messageId, assistantId } = await leave(
        { moderation_fails_open: true },
        [...FIRST, delta(word)],
        true,
      )
      const request = { type: 'continue', threadId, messageId, text: undefined }
      const { turn: further } = (await world.beginTurn(assistantId, token, request)).body
      await append(further, 1, [...FIRST, delta(word), delta(' and on')])
      if (state === 'completed') await world.finish(further, { content: `${word} and on` })
      const flagged = { state: 'failed', errorCode: 'output_flagged', content: '', parts: [] }
      expect(await world.finish(turn, flagged)).toMatchObject({ status: 204 })
      // It comes back by nobody.
      expect(await world.finish(further, { content: `${word} and on` })).toMatchObject({ status: 409 })
      expect((await listMessages(threadId, token)).items[0]).toMatchObject({
        errorCode: 'output_flagged',
        content: '',
        parts: [],
      })
      for (const each of [turn, further])
        expect((await read(each, 0, token)).body).toMatchObject({
          state: 'failed',
          errorCode: 'output_flagged',
          parts: [],
        })
      expect(await tablesWith(word)).toEqual([])
    },
  )

  it('is only interrupted where nothing was said', async () => {
    const { items } = await leave({}, FIRST)
    expect(items[0]).toMatchObject({ errorCode: 'turn_abandoned' })
  })

  it('is withdrawn whole where it went on with one that was checked, which stays where nothing was added', async () => {
    const { id } = await moderating()
    const token = createToken()
    const first = await world.ask(id, token)
    const { threadId, messageId } = first
    await world.finish(first.turn, { state: 'cut', cutReason: 'time_limit', content: 'Half' })
    const goOn = async (...parts: object[]) => {
      const request = { type: 'continue', threadId, messageId, text: undefined }
      const { turn } = (await world.beginTurn(id, token, request)).body
      const told = [
        { type: 'text-start', id: 'text-1' },
        { type: 'text-delta', id: 'text-1', delta: 'Half' },
      ]
      await append(turn, 1, [...FIRST, ...told, ...parts])
      await abandon(turn)
      return (await listMessages(threadId, token)).items[0]
    }
    expect(await goOn()).toMatchObject({ errorCode: 'turn_abandoned', content: 'Half' })
    const word = `w${randomUUID()}`
    expect(await goOn(delta(word))).toMatchObject({ errorCode: 'moderation_unavailable', content: '', parts: [] })
    expect(await tablesWith(word)).toEqual([])
  })

  it('is withdrawn by the clean-up as well', async () => {
    const word = `w${randomUUID()}`
    const { id } = await moderating()
    const begun = await world.ask(id, createToken())
    await append(begun.turn, 1, [...FIRST, delta(word)])
    await abandon(begun.turn)
    await api.rpc('run_clean_up', {}, asServer())
    expect(await tablesWith(word)).toEqual([])
  })
})
