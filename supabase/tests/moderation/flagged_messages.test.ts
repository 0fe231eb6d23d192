import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn } from '../support/world.ts'
import { letters } from '../turns/long_conversation.ts'
import { createSummaryCalls, toldTo } from '../turns/summary_calls.ts'
import { createTurnCalls } from '../turns/turn_calls.ts'
import { createModerated, used } from './moderated.ts'

const world = createWorld(workerStack())
const { sql } = world
const { listMessages } = createTurnCalls(world)
const { moderating, flagsOf } = createModerated(world)
const { begin, beginNear, plan, save, summarize } = createSummaryCalls(world)
afterAll(() => world.close())

const refused = {
  state: 'failed',
  errorCode: 'input_flagged',
  content: '',
  parts: [],
  isCalled: false,
  usage: null,
  responseId: null,
  moderation: used({ flags: [{ direction: 'input', categories: ['hate'] }] }),
}

describe('a message that is flagged', () => {
  const token = createToken()
  let assistantId: string
  let begun: BegunTurn

  beforeAll(async () => {
    ;({ id: assistantId } = await moderating())
    begun = await world.ask(assistantId, token, 'Something hateful')
    await world.finish(begun.turn, refused)
  })

  it('is there for who wrote it, and its answer is refused at no cost', async () => {
    const { items } = await listMessages(begun.threadId, token)
    expect(items).toMatchObject([
      { role: 'assistant', status: 'failed', errorCode: 'input_flagged' },
      { role: 'user', status: 'completed', content: 'Something hateful' },
    ])
    expect(await flagsOf(begun.userMessageId)).toMatchObject([{ direction: 'input', categories: ['hate'] }])
    const usage = await sql`select purpose from loacl.usage_logs where thread_id = ${begun.threadId}`
    expect(usage).toEqual([{ purpose: 'moderation' }])
    const [budget] =
      await sql`select day_tokens::int, day_usd::float8 from loacl_private.budgets where assistant_id = ${assistantId}`
    expect(budget).toEqual({ day_tokens: 0, day_usd: 0 })
  })

  it('is told no model any more, but where it is asked again', async () => {
    const retried = await world.beginTurn(assistantId, token, {
      type: 'retry',
      id: (await listMessages(begun.threadId, token)).items[1].clientId,
      threadId: begun.threadId,
    })
    expect(retried.body.history).toEqual([{ role: 'user', content: 'Something hateful' }])
    await world.finish(retried.body.turn, refused)
    const next = await world.ask(assistantId, token, 'Sorry', begun.threadId)
    expect(next.history).toEqual([{ role: 'user', content: 'Sorry' }])
    await world.finish(next.turn)
    const last = await world.ask(assistantId, token, 'Thanks', begun.threadId)
    expect(last.history).toMatchObject([{ content: 'Sorry' }, { content: 'It is this.' }, { content: 'Thanks' }])
  })
})

/** What the model is told with the next message, after one whose turns ended so. */
const toldNext = async (settings: Record<string, boolean>, ...ends: Record<string, unknown>[]) => {
  const { id } = await moderating(settings)
  const token = createToken()
  const { turn, threadId, userMessageId } = await world.ask(id, token, 'Who checks this?')
  await world.finish(turn, ends[0])
  for (const end of ends.slice(1)) {
    const [question] = await sql`select client_id from loacl.messages where id = ${userMessageId}`
    const { body } = await world.beginTurn(id, token, { type: 'retry', id: question!.client_id as string, threadId })
    await world.finish(body.turn, end)
  }
  const { history } = await world.ask(id, token, 'Go on', threadId)
  return (history as { content: string }[]).map(({ content }) => content)
}

describe('a message that was never checked to the end', () => {
  const nothing = { content: '', parts: [], isCalled: false, usage: null, responseId: null }
  const stopped = { ...nothing, state: 'stopped', errorCode: null }
  it.each([
    ['was stopped', {}, [stopped]],
    ['was stopped, where what could not be checked is let through', { moderation_fails_open: true }, [stopped]],
    ['lost its worker', {}, [{ ...nothing, state: 'failed', errorCode: 'turn_abandoned' }]],
    ['could not be checked', {}, [{ ...nothing, state: 'failed', errorCode: 'moderation_unavailable' }]],
    ['was out of time', {}, [{ ...nothing, state: 'cut', cutReason: 'time_limit' }]],
    ['was flagged, and stopped when it was asked again', {}, [refused, stopped]],
  ])('is told no model later: it %s', async (_, settings, ends) => {
    expect(await toldNext(settings, ...ends)).toEqual(['Go on'])
  })

  it.each([
    ['a model was asked', {}, [{ ...nothing, state: 'failed', errorCode: 'model_unavailable' }]],
    [
      'it was checked before it was asked again',
      {},
      [{ ...stopped, content: 'Half', parts: [{ type: 'text', text: 'Half' }] }, stopped],
    ],
    ['messages are not moderated', { moderates_input: false }, [stopped]],
  ])('is told where %s', async (_, settings, ends) => {
    expect(await toldNext(settings, ...ends)).toContain('Who checks this?')
  })
})

describe('a conversation that is summarised', () => {
  const settings = { context_strategy: 'summarization', context_token_budget: 1000, moderates_input: true }

  it('has nothing in its summary of what was flagged', async () => {
    const { ask, exchange } = await begin(settings)
    await world.finish((await ask('x'.repeat(600))).turn, refused)
    await exchange('a', 'b')
    const { turn, history } = await exchange('c', 'd')
    expect(letters(history)).toBe('abc')
    expect(toldTo(await plan(turn))).toEqual(['visitor a', 'assistant b', 'visitor c'])
  })

  it('loses a summary of what is flagged when it is asked again, and gets none that was planned before', async () => {
    for (const isKept of [true, false]) {
      const { turn, assistantId, token, threadId, listOptimizations } = await beginNear(settings)
      const planned = isKept ? null : await plan(turn)
      if (isKept) await summarize(turn)
      const [, answer] = await sql<
        { id: string }[]
      >`select id from loacl.messages where thread_id = ${threadId()} order by seq`
      const again = { type: 'regenerate', threadId: threadId(), messageId: answer!.id, text: undefined }
      const { body } = await world.beginTurn(assistantId, token, again)
      await world.finish(body.turn, refused)
      if (planned) await save(turn, planned)
      expect((await listOptimizations()).filter(({ type }) => type === 'summarization')).toEqual([])
    }
  })
})
