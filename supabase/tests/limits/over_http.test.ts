import { CHAT_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { fileURLToPath } from 'node:url'
import type { SerializableParameter, Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFunctions, type Functions } from '../../../packages/local/src/functions.ts'
import { startStack } from '../../../packages/local/src/index.ts'
import { Parts } from '../../../packages/local/src/parts.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

const ORIGIN = 'https://site.test'
// The gateway sets the header that is trusted by default, to its peer's address: here always the machine's own, to
// which limits by address don't apply. So these functions trust another one, which the gateway leaves alone.
const ADDRESS = 'x-visitor-address'

let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let sql: Sql
/** The same functions as a project has them that sets nothing, asked past the gateway. */
let parts: Parts
let functions: Functions
let defaultUrl: string

beforeAll(async () => {
  stack = await startStack({ env: { LOACL_ADDRESS_HEADER: ADDRESS } })
  world = createWorld(stack)
  sql = world.sql
  parts = new Parts()
  functions = startFunctions(parts, {
    dir: fileURLToPath(new URL('../../functions', import.meta.url)),
    env: {
      SUPABASE_URL: stack.apiUrl,
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: stack.publishableKey }),
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: stack.secretKey }),
      LOACL_ENCRYPTION_KEYS: stack.encryptionKeys,
      LOACL_PRIVATE_HOSTS: new URL(stack.modelUrl).host,
    },
    verifiesJwt: () => false,
    log: () => {},
  })
  const found = await functions.find(CHAT_FUNCTION)
  if (!found || 'problem' in found) throw new Error(found?.problem)
  defaultUrl = `http://127.0.0.1:${found.port}/`
})
afterAll(async () => {
  await functions?.stop()
  await parts?.stop()
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

const post = (
  assistantId: string,
  token: string,
  headers: Record<string, string> = {},
  message: { text?: string; threadId?: string | null; fingerprint?: string } = {},
  url = `${stack.apiUrl}/${FUNCTIONS_PATH}`,
) =>
  fetch(`${url}${CHAT_FUNCTION}/turns`, {
    method: 'POST',
    headers: {
      apikey: stack.publishableKey,
      'content-type': 'application/json',
      'x-loacl-session': token,
      origin: ORIGIN,
      ...headers,
    },
    body: JSON.stringify({
      type: 'message',
      assistantId,
      id: crypto.randomUUID(),
      threadId: null,
      text: 'Hi.',
      ...message,
    }),
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

  it('is known by the address that the platform saw, where the project sets nothing, whatever stands in x-forwarded-for', async () => {
    const id = await addAssistant({ messages_per_hour_per_address: 1 })
    const from = (address: string | null, forwarded: string) => {
      const headers = { 'x-forwarded-for': forwarded, ...(address === null ? {} : { 'cf-connecting-ip': address }) }
      return statusOf(post(id, createToken(), headers, {}, defaultUrl))
    }
    expect(await from('203.0.113.1', '198.51.100.1')).toBe(200)
    expect(await from('203.0.113.1', '198.51.100.2')).toBe(429)
    expect(await from('203.0.113.1', '198.51.100.3, 203.0.113.1')).toBe(429)
    expect(await from('203.0.113.2', '203.0.113.1')).toBe(200)
    expect(await from('2001:db8:0:1::1', '203.0.113.3')).toBe(200)
    expect(await from('2001:db8:0:1:f::2', '203.0.113.4')).toBe(429)
    // Whoever comes past the platform is nobody in particular, and nobody is one.
    expect(await from(null, '203.0.113.5')).toBe(200)
    expect(await from(null, '203.0.113.6')).toBe(429)
  })

  const addressed = { [ADDRESS]: '203.0.113.9' }
  const LIMITS: Record<
    string,
    { limits: Record<string, SerializableParameter>; code: string; again?: boolean; waits?: boolean }
  > = {
    'messages per minute': { limits: { messages_per_minute: 1 }, code: 'rate_limited', again: true, waits: true },
    'messages per hour and address': {
      limits: { messages_per_hour_per_address: 1 },
      code: 'rate_limited',
      again: true,
      waits: true,
    },
    'messages per hour and fingerprint': {
      limits: { messages_per_hour_per_fingerprint: 1, fingerprint: true },
      code: 'rate_limited',
      again: true,
      waits: true,
    },
    'messages per thread': { limits: { messages_per_thread: 1 }, code: 'thread_full', again: true },
    'the longest message': { limits: { max_message_length: 3 }, code: 'text_too_long' },
    'tokens per day': { limits: { tokens_per_day: 1 }, code: 'budget_exceeded', waits: true },
    'spend per day': { limits: { spend_per_day_usd: 0 }, code: 'budget_exceeded', waits: true },
    'spend per month': { limits: { spend_per_month_usd: 0 }, code: 'budget_exceeded', waits: true },
    'a price that nobody knows': { limits: { model: 'nobody-knows' }, code: 'price_unknown' },
    'the pause switch': { limits: { paused_at: new Date() }, code: 'assistant_paused' },
  }
  it.each(Object.entries(LIMITS))(
    'by %s is told so, and no model is called',
    async (_, { limits, code, again, waits }) => {
      const id = await addAssistant(limits)
      const [letIn, refused, after] = ['In', 'Out', 'Later'].map((word) => `${word} ${crypto.randomUUID()}`)
      const fingerprint = crypto.randomUUID()
      const token = createToken()
      const begun = again ? await statusOf(post(id, token, addressed, { text: letIn!, fingerprint })) : 200
      expect(begun).toBe(200)
      const [thread] = await sql<{ id: string }[]>`select id from loacl.threads where assistant_id = ${id}`
      const answer = await post(id, token, addressed, { text: refused!, fingerprint, threadId: thread?.id ?? null })
      const { error } = (await answer.json()) as { error: { code: string; retryAfterMs?: number } }
      expect([error.code, error.retryAfterMs !== undefined]).toEqual([code, waits === true])
      expect(Number(answer.headers.get('retry-after') ?? 0) > 0).toBe(waits === true)
      // What is asked of the model comes in order: with the next answer, what it was asked for the refused one would be there.
      const open = await addAssistant({ messages_per_minute: null })
      expect(await statusOf(post(open, createToken(), addressed, { text: after! }))).toBe(200)
      const asked = JSON.stringify(stack.modelRequests())
      expect(asked).toContain(after)
      expect(asked.includes(letIn!)).toBe(again === true)
      expect(asked).not.toContain(refused)
    },
  )

  it('finds a paused assistant to be paused', async () => {
    const id = await addAssistant({ paused_at: new Date() })
    const refused = await post(id, createToken())
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ error: { code: 'assistant_paused' } })
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(await world.readRows(id)).toMatchObject({ sessions: null, messages: null, turns: null })
  })
})
