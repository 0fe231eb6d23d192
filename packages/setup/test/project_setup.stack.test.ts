import { startMockModel } from '@loacl/mock-model'
import { createKeyRing, generateKeyRing } from '@loacl/sealing'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { inheritedEnvironment, startStack, type Stack } from '../../local/src/index.ts'
import { findPort } from '../../local/src/ports.ts'
import { setUpProject, type ProjectSettings } from '../src/index.ts'

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

const save = (assistant: ProjectSettings['assistant']) =>
  setUpProject(stack.dbUrl, stack.encryptionKeys, { ownerEmail: stack.ownerEmail.toUpperCase(), assistant })
const readAssistants = (id: string) =>
  sql<Record<string, unknown>[]>`select greeting, model, allowed_origins from loacl.assistants where id = ${id}`
const readQuestions = async (id: string) => {
  const rows = await sql<{ question: string }[]>`
    select question from loacl.guided_questions where assistant_id = ${id} order by priority desc
  `
  return rows.map((row) => row.question)
}
const one = 'https://one.example'
const two = 'https://two.example'

const ask = (question: string) => ({ question, category: null })

describe('setUpProject', () => {
  it('makes an assistant once, and leaves alone what it is not told', async () => {
    const first = await save({ name: 'Helper', greeting: 'Hi', allowedOrigins: [one] })
    expect(await save({ name: 'Helper', model: 'gpt-6.1-terra' })).toEqual({ ...first, isNew: false })
    expect(await readAssistants(first.assistantId)).toEqual([
      { greeting: 'Hi', model: 'gpt-6.1-terra', allowed_origins: [one] },
    ])
  })

  it('takes back an origin and a question that are not named again', async () => {
    const questions = [ask('When?'), ask('Where?')]
    const { assistantId } = await save({ name: 'Taker', allowedOrigins: ['*', one, one], questions })
    expect(await readAssistants(assistantId)).toMatchObject([{ allowed_origins: ['*', one] }])
    expect(await readQuestions(assistantId)).toEqual(['When?', 'Where?'])

    await save({ name: 'Taker', allowedOrigins: [two], questions: [ask('Why?'), ask('Why? ')] })
    expect(await readAssistants(assistantId)).toMatchObject([{ allowed_origins: [two] }])
    expect(await readQuestions(assistantId)).toEqual(['Why?'])

    await save({ name: 'Taker', addedOrigins: [one, two], firstQuestions: questions })
    expect(await readAssistants(assistantId)).toMatchObject([{ allowed_origins: [one, two] }])
    expect(await readQuestions(assistantId)).toEqual(['Why?'])

    await save({ name: 'Taker', allowedOrigins: [], questions: [] })
    expect(await readAssistants(assistantId)).toMatchObject([{ allowed_origins: [] }])
    expect(await readQuestions(assistantId)).toEqual([])
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
    const readOpenAI = async () => (await readProviders(ownerId)).filter((row) => row.baseUrl === null)
    const { ownerId } = await setUpProject(stack.dbUrl, stack.encryptionKeys, settings('sk-replaced-0001'))
    const [old] = await readOpenAI()
    await setUpProject(stack.dbUrl, stack.encryptionKeys, settings('sk-replacing-0002'))
    const rows = await readOpenAI()
    expect(rows.map((row) => row.lastFour)).toEqual(['0002'])
    expect((await readProviders(ownerId)).filter((row) => row.isDefault).map((row) => row.baseUrl)).toEqual([null])
    // An older ciphertext, from a backup say, fits no row any more.
    expect(rows[0]!.secretId).not.toBe(old!.secretId)
    expect(await sql`select from loacl_private.secrets where id = ${old!.secretId}`).toHaveLength(0)
  })

  it('tells nothing of a short key by its last characters', async () => {
    const provider = { apiKey: 'sk', baseUrl: 'https://short.example/v1' }
    const settings = { ownerEmail: stack.ownerEmail, assistant: { name: 'Lumi' }, provider }
    const { ownerId } = await setUpProject(stack.dbUrl, stack.encryptionKeys, settings)
    const saved = (await readProviders(ownerId)).find((row) => row.baseUrl === provider.baseUrl)
    expect(saved).toMatchObject({ lastFour: '' })
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

const cli = (args: string[], env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', 'src', 'cli.ts'), ...args], {
    env: { ...inheritedEnvironment(), ...env },
  })
const given = () => ['--db-url', stack.dbUrl, '--owner-email', stack.ownerEmail, '--assistant', 'By hand']
/** The mock model, which a key is tried with. */
const byMock = (url = stack.modelUrl) => ['--base-url', url]
const keys = (url = stack.modelUrl) => ({
  OPENAI_API_KEY: 'sk-by-hand-0003',
  LOACL_ENCRYPTION_KEYS: stack.encryptionKeys,
  LOACL_PRIVATE_HOSTS: new URL(url).host,
})
/** With the stored key. */
const byStored = () => cli([...given(), '--model', 'gpt-none'], { LOACL_ENCRYPTION_KEYS: stack.encryptionKeys })
const readModel = () => sql`
  select a.model, p.base_url from loacl.assistants a join loacl.provider_configs p on p.owner_id = a.owner_id and p.is_default
  where a.name = 'By hand'
`
const readOrigins = () => sql`select allowed_origins from loacl.assistants where name = 'By hand'`
const refused = (words: string) => ({ code: 1, stderr: expect.stringContaining(words) })

describe('npm run setup', () => {
  it('sets the list of origins, and empties it', async () => {
    const { stdout } = await cli([...given(), ...byMock(), '--origin', '*', '--origin', one], keys())
    expect(stdout).toMatch(/data-assistant in the script tag: [0-9a-f-]{36}/)
    await cli([...given(), '--origin', 'https://two.example'])
    expect(await readOrigins()).toEqual([{ allowed_origins: ['https://two.example'] }])
    await cli([...given(), '--origin', ''])
    expect(await readOrigins()).toEqual([{ allowed_origins: [] }])
  })

  it('adds a page to those that may use it', async () => {
    await cli([...given(), '--origin', one])
    const { stdout } = await cli([...given(), '--add-origin', 'http://localhost:*', '--add-origin', one])
    expect(stdout).not.toContain('No --origin was given')
    expect(await readOrigins()).toEqual([{ allowed_origins: ['http://localhost:*', one] }])
    await cli([...given(), '--origin', two, '--add-origin', one])
    expect(await readOrigins()).toEqual([{ allowed_origins: [one, two] }])
    await expect(cli([...given(), '--add-origin', `${one}/shop`])).rejects.toMatchObject(refused(`Write ${one}`))
  })

  it('shows what it is for where something needed is missing', async () => {
    await expect(cli(['--owner-email', 'a@b.example'])).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Session pooler'),
    })
  })

  it('changes the only assistant where none is named, and asks which where there are several', async () => {
    const nameless = ['--db-url', stack.dbUrl, '--owner-email', 'alone@shop.example']
    await sql`insert into auth.users (id, email) values (gen_random_uuid(), 'alone@shop.example')`
    expect((await cli(nameless)).stdout).toMatch(/Assistant is made\..*no page may use it yet/s)
    await cli([...nameless, '--assistant', 'Assistant', '--question', 'When?'])
    expect((await cli([...nameless, '--origin', 'https://one.example'])).stdout).toContain('Assistant is set up.')
    await cli([...nameless, '--assistant', 'Second'])
    await expect(cli(nameless)).rejects.toMatchObject(refused('several assistants: Assistant, Second. Say which'))
  })

  it.each([
    ['--origin', 'example.com', '--origin: "example.com" is no origin'],
    ['--origin', 'https://one.example/shop', 'Write https://one.example'],
    ['--question', 'x'.repeat(501), '1 to 500 characters'],
    ['--assistant', '', '--assistant has 1 to 100 characters'],
    ['--db-url', 'https://project.supabase.co', 'begins with postgresql://'],
    ['--db-url', 'postgresql://postgres:secret@127.0.0.1:1/postgres', 'write @ as %40'],
  ])('says what is wrong with %s', async (option, value, words) => {
    await expect(cli([...given(), option, value])).rejects.toMatchObject(refused(words))
  })

  it('says what a database lacks', async () => {
    await sql`create database bare`
    const bare = stack.dbUrl.replace(/postgres$/, 'bare')
    const run = () => cli(['--db-url', bare, '--owner-email', stack.ownerEmail])
    await expect(run()).rejects.toMatchObject(refused('not a Supabase project'))
    const other = postgres(bare, { max: 1, onnotice: () => {} })
    await other`create schema auth`
    await other`create table auth.users as select gen_random_uuid() as id, ${stack.ownerEmail} as email`
    await other.end()
    await expect(run()).rejects.toMatchObject(refused('npx supabase db push'))
  })

  it.each(['sk-abc def', 'sk-abc-def-ghi\n', '“sk-abc-def-ghi”'])(
    'refuses what is more than a key: %j',
    async (key) => {
      const before = await sql`select secret_id, updated_at from loacl.provider_configs`
      await expect(cli(given(), { ...keys(), OPENAI_API_KEY: key })).rejects.toMatchObject(
        refused('OPENAI_API_KEY must be the key alone'),
      )
      expect(await sql`select secret_id, updated_at from loacl.provider_configs`).toEqual(before)
    },
  )

  it('refuses a key ring that is not the project’s, and takes one with another key beside', async () => {
    const before = await sql`select id, key_id from loacl_private.secrets order by id`
    const other = JSON.parse(generateKeyRing()) as { current: string; keys: Record<string, string> }
    const otherRing = { ...keys(), LOACL_ENCRYPTION_KEYS: JSON.stringify(other) }
    const run = cli([...given(), ...byMock(), '--greeting', 'Changed'], otherRing)
    await expect(run).rejects.toMatchObject(refused('LOACL_ENCRYPTION_KEYS is not the key ring of this project'))
    expect(await sql`select id, key_id from loacl_private.secrets order by id`).toEqual(before)
    expect(await sql`select from loacl.assistants where greeting = 'Changed'`).toHaveLength(0)

    const own = JSON.parse(stack.encryptionKeys) as typeof other
    const rotated = { current: 'next', keys: { ...own.keys, next: other.keys[other.current] } }
    const mock = await startMockModel()
    onTestFinished(() => mock.stop())
    await cli([...given(), ...byMock(mock.url)], { ...keys(mock.url), LOACL_ENCRYPTION_KEYS: JSON.stringify(rotated) })
    // One secret that no key of the ring opens does not matter.
    await cli([...given(), ...byMock()], keys())
  })

  it('refuses an address without a key, and one that functions would not call', async () => {
    const address = ['--base-url', 'http://10.0.0.7/v1']
    await expect(cli([...given(), ...address])).rejects.toMatchObject(refused('OPENAI_API_KEY is not set'))
    await expect(cli([...given(), ...address], keys())).rejects.toMatchObject(refused('HTTPS on a public host'))
  })

  it('says so where a model could not be tried', async () => {
    const url = `http://127.0.0.1:${await findPort('nobody', undefined)}/v1`
    const { stdout } = await cli([...given(), ...byMock(url)], keys(url))
    expect(stdout).toMatch(/could not be tried: connect ECONNREFUSED .*POST \/provider-key\/test/)
    expect(await sql`select from loacl.provider_configs where base_url = ${url}`).toHaveLength(1)
    expect((await cli([...given(), '--model', 'gpt-6-luna'])).stdout).toContain('gpt-6-luna was not tried')
  })

  it('tries a new model or key, and changes nothing where the provider refuses', async () => {
    const mock = await startMockModel()
    onTestFinished(() => mock.stop())
    const byKey = () => cli([...given(), ...byMock(mock.url), '--model', 'gpt-none'], keys(mock.url))
    const before = await readModel()
    mock.statuses.push(404)
    const noModel = refused('The provider refuses the model "gpt-none": 404, Not with …. Does it offer')
    await expect(byKey()).rejects.toMatchObject(noModel)
    mock.statuses.push(401)
    await expect(byKey()).rejects.toMatchObject(refused('refuses the key for the model "gpt-none": 401'))
    expect(await readModel()).toEqual(before)

    mock.statuses.push(429)
    expect((await byKey()).stdout).toContain('gpt-none could not be tried: the provider said 429')
    expect((await byKey()).stdout).toContain('gpt-none was asked, and answers.')
    const after = await readModel()
    expect(after).toEqual([{ model: 'gpt-none', base_url: mock.url }])
    // A model alone is tried with the stored key.
    expect((await byStored()).stdout).toContain('gpt-none was asked, and answers.')
    mock.statuses.push(404)
    await expect(byStored()).rejects.toMatchObject(noModel)
    expect(mock.requests).toHaveLength(6)
    expect(new Set(mock.requests.map(({ what, key }) => `${what} ${key}`))).toEqual(
      new Set(['POST /v1/responses sk-by-hand-0003']),
    )
  })
})
