import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyRing } from '../../../supabase/functions/_shared/domain/key_ring.ts'
import { setUpProject, startStack, type Stack } from '../src/index.ts'

let stack: Stack
let sql: postgres.Sql

beforeAll(async () => {
  stack = await startStack()
  sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} })
})
afterAll(async () => {
  await sql?.end()
  await stack?.stop()
})

const readProviders = (ownerId: string) => sql<
  {
    baseUrl: string | null
    isDefault: boolean
    secretId: string
    keyId: string
    ciphertext: string
    lastFour: string
  }[]
>`
  select p.base_url as "baseUrl", p.is_default as "isDefault", p.key_last_four as "lastFour",
    s.id as "secretId", s.key_id as "keyId", s.ciphertext
  from loacl.provider_configs p join loacl_private.secrets s on s.id = p.secret_id
  where p.owner_id = ${ownerId} order by p.created_at
`

describe('setUpProject', () => {
  it('makes an assistant once, adds to its origins, and leaves alone what it is not told', async () => {
    const settings = {
      ownerEmail: stack.ownerEmail.toUpperCase(),
      assistant: { name: 'Helper', greeting: 'Hi', allowedOrigins: ['https://one.example'] },
    }
    const first = await setUpProject(stack.dbUrl, stack.encryptionKeys, settings)
    const second = await setUpProject(stack.dbUrl, stack.encryptionKeys, {
      ...settings,
      assistant: {
        name: 'Helper',
        model: 'gpt-6.1-terra',
        allowedOrigins: ['https://two.example', 'https://one.example'],
      },
    })
    expect(second).toEqual(first)
    const rows =
      await sql`select greeting, model, allowed_origins from loacl.assistants where id = ${first.assistantId}`
    expect(rows).toEqual([
      { greeting: 'Hi', model: 'gpt-6.1-terra', allowed_origins: ['https://one.example', 'https://two.example'] },
    ])
  })

  it('stores the provider key sealed, where only the functions can open it', async () => {
    const provider = { apiKey: 'sk-very-secret-1234', baseUrl: 'https://provider.example/v1' }
    const { ownerId } = await setUpProject(stack.dbUrl, stack.encryptionKeys, {
      ownerEmail: stack.ownerEmail,
      assistant: { name: 'Lumi' },
      provider,
    })
    const saved = (await readProviders(ownerId)).find((row) => row.baseUrl === provider.baseUrl)!
    expect(saved).toMatchObject({ isDefault: true, lastFour: '1234' })
    const context = {
      purpose: 'provider_key',
      secretId: saved.secretId,
      ownerId,
      provider: 'openai',
      baseUrl: provider.baseUrl,
    }
    const ring = createKeyRing(stack.encryptionKeys)
    expect(await ring.open(saved, context)).toBe(provider.apiKey)
    await expect(ring.open(saved, { ...context, baseUrl: 'https://elsewhere.example' })).rejects.toMatchObject({
      code: 'seal_broken',
    })
    expect(JSON.stringify(await sql`select * from loacl_private.secrets`)).not.toContain('very-secret')
  })

  it('replaces a key rather than adding a second one, and has one default', async () => {
    const settings = (apiKey: string) => ({
      ownerEmail: stack.ownerEmail,
      assistant: { name: 'Lumi' },
      provider: { apiKey, baseUrl: null },
    })
    const { ownerId } = await setUpProject(stack.dbUrl, stack.encryptionKeys, settings('sk-old-0001'))
    await setUpProject(stack.dbUrl, stack.encryptionKeys, settings('sk-new-0002'))
    const rows = await readProviders(ownerId)
    expect(rows.filter((row) => row.baseUrl === null).map((row) => row.lastFour)).toEqual(['0002'])
    expect(rows.filter((row) => row.isDefault).map((row) => row.baseUrl)).toEqual([null])
  })

  it('says what to do about a user who is not there, and changes nothing', async () => {
    const settings = { ownerEmail: 'nobody@example.com', assistant: { name: 'Lost' } }
    await expect(setUpProject(stack.dbUrl, stack.encryptionKeys, settings)).rejects.toThrow(
      'The project has no user nobody@example.com.',
    )
    expect(await sql`select from loacl.assistants where name = 'Lost'`).toHaveLength(0)
  })

  it('lets the demo owner sign in and see the demo assistant', async () => {
    const response = await fetch(`${stack.apiUrl}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { apikey: stack.publishableKey, 'content-type': 'application/json' },
      body: JSON.stringify({ email: stack.ownerEmail, password: stack.ownerPassword }),
    })
    const { access_token: token } = (await response.json()) as { access_token: string }
    const assistants = await fetch(`${stack.apiUrl}/rest/v1/assistants?select=name&name=eq.Lumi`, {
      headers: { apikey: stack.publishableKey, authorization: `Bearer ${token}`, 'accept-profile': 'loacl' },
    })
    expect(await assistants.json()).toEqual([{ name: 'Lumi' }])
  })
})
