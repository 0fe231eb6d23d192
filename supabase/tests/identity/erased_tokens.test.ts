import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const EXPIRED = { status: 401, body: { message: 'session_expired' } }
const NOTHING = { status: 200, body: { sessions: 0, threads: 0, messages: 0, files: 0 } }
let assistantId: string
let jwt: string

beforeAll(async () => {
  const made = await world.createAssistant()
  ;({ id: assistantId } = made)
  ;({ jwt } = made.owner)
})
afterAll(() => world.close())

const erase = (token: string) => api.rpc('erase_visitor_data', {}, { token })
const remembered = (token: string) =>
  sql`select is_erased from loacl_private.replaced_session_tokens where token_hash = sha256(convert_to(${token}, 'UTF8'))`
/** The next token that is replaced forgets those of more than ten minutes ago. */
const letPass = async (token: string, minutes: number) => {
  await sql`
    update loacl_private.replaced_session_tokens set created_at = now() - make_interval(mins => ${minutes})
    where token_hash = sha256(convert_to(${token}, 'UTF8'))
  `
  await erase(createToken())
}

describe('a token whose person was erased', () => {
  it('begins nothing any more, for good', async () => {
    const token = createToken()
    const request = { id: randomUUID(), text: 'Remember me' }
    await world.beginTurn(assistantId, token, request)
    expect((await erase(token)).body).toMatchObject({ sessions: 1, threads: 1, messages: 2 })
    await letPass(token, 60 * 24 * 365)
    const before = await world.readRows(assistantId)
    // The same message that was on its way twice, and others.
    expect(await world.beginTurn(assistantId, token, request)).toMatchObject(EXPIRED)
    expect(await world.beginTurn(assistantId, token)).toMatchObject(EXPIRED)
    const stop = { message_id: request.id }
    expect(await api.rpc('stop_message', stop, world.asServer(token))).toMatchObject(EXPIRED)
    expect(await api.rpc('open_session', { assistant_id: assistantId }, { token })).toMatchObject(EXPIRED)
    expect(await api.rpc('list_messages', { thread_id: randomUUID() }, { token })).toMatchObject(EXPIRED)
    expect(await api.rpc('export_visitor_data', {}, { token })).toMatchObject(EXPIRED)
    expect(await world.readRows(assistantId)).toEqual(before)
    expect(await remembered(token)).toEqual([{ is_erased: true }])
  })

  it('may be erased again, where the answer was lost', async () => {
    const token = createToken()
    await world.ask(assistantId, token)
    await erase(token)
    expect(await erase(token)).toEqual(NOTHING)
  })

  it('is so on all their devices, and where the operator erases them', async () => {
    const tokens = [createToken(), createToken()] as const
    const external_id = randomUUID()
    const ids: string[] = []
    for (const token of tokens) {
      const { threadId } = await world.ask(assistantId, token)
      const [{ session_id }] = await sql<[{ session_id: string }]>`
        update loacl.sessions s set session_type = 'authenticated', external_id = ${external_id}
        from loacl.threads t where t.id = ${threadId} and s.id = t.session_id returning s.id as session_id
      `
      ids.push(session_id)
    }
    expect((await api.rpc('erase_visitor', { session_id: ids[0] }, { jwt })).body).toMatchObject({ sessions: 2 })
    for (const token of tokens) expect(await world.beginTurn(assistantId, token)).toMatchObject(EXPIRED)
  })
})

describe('a token that had no session yet', () => {
  it('begins nothing for ten minutes: its first message may be on its way', async () => {
    const token = createToken()
    expect(await erase(token)).toEqual(NOTHING)
    await letPass(token, 9)
    expect(await world.beginTurn(assistantId, token)).toMatchObject({
      status: 401,
      body: { message: 'session_replaced' },
    })
    await letPass(token, 11)
    expect(await remembered(token)).toHaveLength(0)
  })

  it('is erased with the first message that is just coming', async () => {
    const token = createToken()
    const [begun] = await Promise.all([world.beginTurn(assistantId, token), erase(token)])
    const [{ left }] = await sql<[{ left: number }]>`
      select count(*)::int as left from loacl_private.session_tokens where token_hash = sha256(convert_to(${token}, 'UTF8'))
    `
    expect([begun.status === 200 || begun.status === 401, left]).toEqual([true, 0])
  })
})
