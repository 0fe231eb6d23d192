import type { SerializableParameter, Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStack } from '../../../packages/local/src/index.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

const ORIGIN = 'https://site.test'
// The gateway sets the header that is trusted by default, to its peer's address: here always the machine's own, to
// which limits by address don't apply. So these functions trust another one, which the gateway leaves alone.
const ADDRESS = 'x-visitor-address'

let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let sql: Sql

beforeAll(async () => {
  stack = await startStack({ env: { LOACL_ADDRESS_HEADER: ADDRESS } })
  world = createWorld(stack)
  sql = world.sql
})
afterAll(async () => {
  await world?.close()
  await stack?.stop()
})

/** With the owner of the seeded assistant, whose key opens. */
async function addAssistant(limits: Record<string, SerializableParameter>): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into loacl.assistants (owner_id, name, model, instructions, allowed_origins)
    select owner_id, gen_random_uuid()::text, model, instructions, ${[ORIGIN]}
    from loacl.assistants where id = ${stack.assistantId}
    returning id`
  await sql`update loacl.assistants set ${sql(limits)} where id = ${row!.id}`
  return row!.id
}

const post = (assistantId: string, token: string, headers: Record<string, string> = {}) =>
  fetch(`${stack.apiUrl}/functions/v1/chat/turns`, {
    method: 'POST',
    headers: {
      apikey: stack.publishableKey,
      'content-type': 'application/json',
      'x-loacl-session': token,
      origin: ORIGIN,
      ...headers,
    },
    body: JSON.stringify({ type: 'message', assistantId, id: crypto.randomUUID(), threadId: null, text: 'Hi.' }),
  })

/** Reads the answer to its end, so that nothing of it is written later. */
async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer
  await response.text()
  return response.status
}

describe('a visitor whom a limit stops', () => {
  it('is told how long, on any page that may ask, and nothing is stored', async () => {
    const id = await addAssistant({ messages_per_minute: 1 })
    const token = createToken()
    expect(await statusOf(post(id, token))).toBe(200)
    const before = await world.readRows(id)

    const refused = await post(id, token)
    expect(refused.status).toBe(429)
    const { error } = (await refused.json()) as { error: { code: string; retryAfterMs: number } }
    expect(error.code).toBe('rate_limited')
    expect(error.retryAfterMs).toBeGreaterThan(0)
    expect(error.retryAfterMs).toBeLessThanOrEqual(60_000)
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(error.retryAfterMs / 1_000)))
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after')
    expect(await world.readRows(id)).toEqual(before)
  })

  it('is known by the address in the header that is trusted, and by no other', async () => {
    const id = await addAssistant({ new_sessions_per_hour_per_address: 1 })
    const from = (address: string, forged = {}) => statusOf(post(id, createToken(), { [ADDRESS]: address, ...forged }))
    expect(await from('203.0.113.1')).toBe(200)
    expect(await from('203.0.113.1')).toBe(429)
    expect(await from('203.0.113.1', { 'x-forwarded-for': '198.51.100.1' })).toBe(429)
    expect(await from('203.0.113.1', { 'cf-connecting-ip': '198.51.100.1' })).toBe(429)
    expect(await from('203.0.113.2', { 'x-forwarded-for': '203.0.113.1' })).toBe(200)
  })

  it('finds a paused assistant to be paused', async () => {
    const id = await addAssistant({ paused_at: new Date() })
    const refused = await post(id, createToken())
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ error: { code: 'assistant_paused' } })
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(await world.readRows(id)).toMatchObject({ sessions: null, messages: null, turns: null })
  })
})
