import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'
import { createTurnCalls, delta, leaseLost } from '../turns/turn_calls.ts'
import { createModerated, FLAGGED, output } from './moderated.ts'

const world = createWorld(workerStack())
const { api, sql, asServer } = world
const { append, read, listMessages } = createTurnCalls(world)
const { moderating, tablesWith, say, addAnnotation, followUp, flagsOf } = createModerated(world)
afterAll(() => world.close())

describe('an answer that is flagged', () => {
  const token = createToken()
  const word = `w${randomUUID()}`
  let assistantId: string
  let owner: Operator
  let begun: BegunTurn & { outcome: object }
  let tablesBefore: string[]

  beforeAll(async () => {
    ;({ id: assistantId, owner } = await moderating())
    begun = await say(assistantId, token, word)
    tablesBefore = await tablesWith(word)
    await world.finish(begun.turn, { ...begun.outcome, ...FLAGGED, moderation: output })
  })

  it('is nowhere in the database, however late its worker comes', async () => {
    expect(tablesBefore.length).toBeGreaterThan(4)
    expect(await tablesWith(word)).toEqual([])
    const { turn, messageId, outcome } = begun
    expect(await append(turn, 4, [delta(word)])).toMatchObject(leaseLost)
    expect(await world.finish(turn, outcome as Record<string, unknown>)).toMatchObject(leaseLost)
    expect(await followUp(begun, word)).toMatchObject(leaseLost)
    await addAnnotation(messageId, word)
    const parts = [{ type: 'text', text: word }]
    await api.rpc('fold_turn', { turn_id: turn.id, content: word, parts }, asServer())
    await sql`update loacl.messages set content = ${word}, parts = ${sql.json(parts)} where id = ${messageId}`
    await sql`insert into loacl.follow_up_suggestions (message_id, thread_id, session_id, assistant_id, position, suggestion)
      select id, thread_id, session_id, assistant_id, 1, ${word} from loacl.messages where id = ${messageId}`
    await sql`insert into loacl_private.message_internals (message_id, metadata) values (${messageId}, ${sql.json({ word })})`
    expect(await tablesWith(word)).toEqual([])
  })

  it('is told to its visitor as failed, on every way', async () => {
    const page = await listMessages(begun.threadId, token)
    expect(page).toMatchObject({ thread: { title: null }, activeTurnId: null })
    expect(page.items[0]).toMatchObject({ status: 'failed', errorCode: 'output_flagged', content: '', parts: [] })
    expect(page.items[0].suggestions).toEqual([])
    const { body } = await read(begun.turn, 3, token)
    expect(body).toMatchObject({ state: 'failed', errorCode: 'output_flagged', parts: [], isFolded: true })
    expect(body.message).toMatchObject({ content: '' })
    const { body: exported } = await api.rpc('export_visitor_data', {}, { token })
    expect(exported.threads[0].messages[1]).toMatchObject({ content: '', parts: [], annotations: [] })
    expect(JSON.stringify(exported)).not.toMatch(/illicit|omni-moderation/)
  })

  it('is in the thread’s log as ended, for other tabs and devices', async () => {
    const { body } = await api.rpc('list_events', { thread_id: begun.threadId, after: 0 }, { token })
    expect(body.items.map(({ kind }: { kind: string }) => kind)).toContain('turn_ended')
  })

  it('leaves its owner the categories, the time and what it cost', async () => {
    expect(await flagsOf(begun.messageId)).toEqual([
      {
        direction: 'output',
        categories: ['illicit', 'violence'],
        model: 'omni-moderation-latest',
        thread_id: begun.threadId,
        has_session: true,
      },
    ])
    const { body: flags } = await api.select('moderation_flags?select=categories,created_at', { jwt: owner.jwt })
    expect(flags).toEqual([{ categories: ['illicit', 'violence'], created_at: expect.any(String) }])
    const { body: usage } = await api.select('usage_logs?select=purpose,cost_usd,input_tokens&order=purpose', {
      jwt: owner.jwt,
    })
    expect(usage).toEqual([
      { purpose: 'answer', cost_usd: expect.stringMatching(/[1-9]/), input_tokens: 100 },
      { purpose: 'moderation', cost_usd: expect.stringMatching(/^[0.]+$/), input_tokens: 30 },
    ])
    const [session] = await sql`select session_id from loacl.threads where id = ${begun.threadId}`
    const { body } = await api.rpc('export_visitor', { session_id: session!['session_id'] }, { jwt: owner.jwt })
    expect(body.threads[0].messages[1].moderationFlags).toMatchObject([
      { direction: 'output', categories: ['illicit', 'violence'] },
    ])
  })

  it('has its flags shown to nobody else, and written by nobody', async () => {
    const other = await world.createOperator()
    const row = { message_id: begun.messageId, direction: 'output', model: 'x' }
    for (const caller of [{ token }, {}]) {
      expect((await api.select('moderation_flags', caller)).status).toBe(401)
      expect((await api.insert('moderation_flags', row, caller)).status).toBe(401)
    }
    expect((await api.select('moderation_flags', { jwt: other.jwt })).body).toEqual([])
    for (const { jwt } of [owner, other]) {
      expect((await api.insert('moderation_flags', row, { jwt })).status).toBe(403)
      expect((await api.update('moderation_flags?direction=eq.output', { categories: [] }, { jwt })).status).toBe(403)
      expect((await api.remove('moderation_flags?direction=eq.output', { jwt })).status).toBe(403)
    }
  })

  it('is left out of what the model is told later', async () => {
    const next = await world.ask(assistantId, token, 'And now?', begun.threadId)
    expect(next.history).toEqual([
      { role: 'user', content: 'What is it?' },
      { role: 'user', content: 'And now?' },
    ])
  })

  it('goes with its visitor', async () => {
    const { id } = await moderating()
    const visitor = createToken()
    const { turn, messageId } = await world.ask(id, visitor)
    await world.finish(turn, { ...FLAGGED, content: 'x', moderation: output })
    expect(await flagsOf(messageId)).toHaveLength(1)
    await api.rpc('erase_visitor_data', {}, { token: visitor })
    expect(await flagsOf(messageId)).toHaveLength(0)
  })
})
