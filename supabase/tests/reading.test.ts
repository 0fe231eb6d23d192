import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { createWorld } from './support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const origin = 'https://site.test'
let assistantId: string

beforeAll(async () => {
  ;({ id: assistantId } = await world.createAssistant({
    settings: {
      description: 'Helps',
      greeting: '**Hello**',
      max_message_length: 100,
      fingerprint: true,
    },
  }))
  await sql`update loacl.assistants set appearance = '{"color": "red"}' where id = ${assistantId}`
  await sql`
    insert into loacl.guided_questions (assistant_id, question, category, priority, is_active) values
      (${assistantId}, 'Second?', null, 1, true), (${assistantId}, 'First?', 'Basics', 2, true), (${assistantId}, 'Off?', null, 3, false)
  `
})
afterAll(() => world.close())

const open = (token: string) => api.rpc('open_session', { assistant_id: assistantId }, { token, origin })

describe('open_session', () => {
  it('gives a fresh guest the public part of the assistant and the questions, and writes nothing', async () => {
    const { status, body } = await open(createToken())
    expect(status).toBe(200)
    expect(body).toEqual({
      assistant: {
        id: assistantId,
        name: expect.any(String),
        description: 'Helps',
        greeting: '**Hello**',
        appearance: { color: 'red' },
        maxMessageLength: 100,
        fingerprint: true,
        pageContext: true,
        imageHosts: [],
        files: null,
      },
      questions: [
        { id: expect.any(String), question: 'First?', category: 'Basics' },
        { id: expect.any(String), question: 'Second?', category: null },
      ],
      visitor: { sessionId: null, type: 'guest' },
      threads: { items: [], nextCursor: null },
    })
    expect(await world.readRows(assistantId)).toMatchObject({ sessions: null, tokens: null, threads: null })
  })

  it('resumes a session with its threads', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    const before = await world.readRows(assistantId)
    const { body } = await open(token)
    const [thread] = await sql`select session_id from loacl.threads where id = ${threadId}`
    expect(body.visitor).toEqual({ sessionId: thread!['session_id'], type: 'guest' })
    expect(body.threads).toEqual({
      items: [
        {
          id: threadId,
          title: 'About it',
          status: 'active',
          createdAt: expect.stringMatching(/^\d{4}-.*\+00:00$/),
          lastMessageAt: expect.any(String),
        },
      ],
      nextCursor: null,
    })
    expect(await world.readRows(assistantId)).toEqual(before)
  })
})

const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id)

describe('list_threads', () => {
  const token = createToken()
  const threadIds: string[] = []
  const list = async (args: object) =>
    (await api.rpc('list_threads', { assistant_id: assistantId, ...args }, { token })).body

  beforeAll(async () => {
    for (let index = 0; index < 5; index++)
      threadIds.unshift((await world.converse(assistantId, token, { text: `Number ${index}` })).threadId)
    // Two of the same instant: their ids decide.
    const instant = new Date()
    await sql`update loacl.threads set last_message_at = ${instant} where id in ${sql(threadIds.slice(0, 2))}`
    threadIds.splice(0, 2, ...threadIds.slice(0, 2).toSorted().toReversed())
  })

  it('has every thread once, latest first, page by page', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: { id: string }[]; nextCursor: string | null } = await list({ page_size: 2, cursor })
      seen.push(...ids(page))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual(threadIds)
    expect(await list({ page_size: 5 })).toMatchObject({ nextCursor: null })
    expect(ids(await list({ page_size: 100_000 }))).toEqual(threadIds)
    expect(ids(await list({ page_size: -1 }))).toEqual(threadIds.slice(0, 1))
  })

  it('searches titles and what was said, without wildcards', async () => {
    await api.rpc('update_thread', { thread_id: threadIds[1], title: 'Zebra 100%' }, { token })
    expect(ids(await list({ search: 'zEBRA' }))).toEqual([threadIds[1]])
    expect(ids(await list({ search: '0%' }))).toEqual([threadIds[1]])
    expect(ids(await list({ search: 'number 2' }))).toHaveLength(1)
    expect(ids(await list({ search: '%' }))).toEqual([threadIds[1]])
    expect(ids(await list({ search: 'nothing like it' }))).toEqual([])
    expect(ids(await list({ search: '  ' }))).toEqual(threadIds)
  })

  it('keeps archived threads apart', async () => {
    const [first] = threadIds
    const archived = await api.rpc('update_thread', { thread_id: first, status: 'archived' }, { token })
    expect(archived).toMatchObject({ status: 200, body: { id: first, status: 'archived' } })
    expect(ids(await list({}))).not.toContain(first)
    expect(ids(await list({ archived: true }))).toEqual([first])
    await api.rpc('update_thread', { thread_id: first, status: 'active' }, { token })
    expect(ids(await list({}))).toEqual(threadIds)
  })

  it('is of one assistant, and of nobody without a token', async () => {
    expect(ids((await api.rpc('list_threads', { assistant_id: randomUUID() }, { token })).body)).toEqual([])
    expect((await api.rpc('list_threads', { assistant_id: assistantId })).body).toEqual({ items: [], nextCursor: null })
  })

  it('leaves out what was deleted', async () => {
    const { threadId } = await world.converse(assistantId, token)
    await sql`update loacl.threads set status = 'deleted' where id = ${threadId}`
    expect(ids(await list({}))).not.toContain(threadId)
    expect(await api.rpc('list_messages', { thread_id: threadId }, { token })).toMatchObject({ status: 404 })
    expect(await api.rpc('update_thread', { thread_id: threadId, status: 'active' }, { token })).toMatchObject({
      status: 404,
    })
    expect(await world.beginTurn(assistantId, token, { threadId })).toMatchObject({
      status: 404,
      body: { message: 'thread_not_found' },
    })
  })
})

describe('list_messages', () => {
  it('gives pages, newest first, along the branch that is shown', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token, { text: 'Question 0', answer: 'Answer 0' })
    for (const index of [1, 2, 3])
      await world.converse(assistantId, token, { text: `Question ${index}`, answer: `Answer ${index}`, threadId })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: { items: { content: string }[]; nextCursor: string | null } = (
        await api.rpc('list_messages', { thread_id: threadId, page_size: 3, cursor }, { token })
      ).body
      seen.push(...page.items.map(({ content }) => content))
      cursor = page.nextCursor
    } while (cursor)
    expect(seen).toEqual([3, 2, 1, 0].flatMap((index) => [`Answer ${index}`, `Question ${index}`]))
  })

  it('takes no cursor of another thread', async () => {
    const token = createToken()
    const one = await world.converse(assistantId, token)
    const other = await world.converse(assistantId, token)
    const { body } = await api.rpc('list_messages', { thread_id: one.threadId, cursor: other.messageId }, { token })
    expect(body).toMatchObject({ items: [], nextCursor: null })
  })
})

describe('use_suggestion', () => {
  it('notes the first use', async () => {
    const token = createToken()
    const { threadId } = await world.converse(assistantId, token)
    const list = async () =>
      (await api.rpc('list_messages', { thread_id: threadId }, { token })).body.items[0].suggestions
    const [, second] = await list()
    expect((await api.rpc('use_suggestion', { suggestion_id: second.id }, { token })).status).toBe(204)
    const used = () => sql`select used_at from loacl.follow_up_suggestions where id = ${second.id}`
    const first = await used()
    await api.rpc('use_suggestion', { suggestion_id: second.id }, { token })
    expect(await used()).toEqual(first)
    expect((await list()).map((suggestion: { used: boolean }) => suggestion.used)).toEqual([false, true])
  })
})

describe('guided questions', () => {
  it('are refused where their assistant shows the same already', async () => {
    const { id, owner } = await world.createAssistant()
    const add = (row: object) => api.insert('guided_questions', { assistant_id: id, question: 'When?', ...row }, owner)
    expect((await add({})).status).toBe(201)
    expect(await add({ question: ' When? ' })).toMatchObject({
      status: 409,
      body: { code: '23505', message: expect.stringContaining('guided_questions_asked_once_idx') },
    })
    expect((await add({ is_active: false })).status).toBe(201)
    const other = await world.createAssistant({ owner })
    expect((await add({ assistant_id: other.id })).status).toBe(201)
  })
})

describe('allowed origins', () => {
  it.each([
    [['https://example.com'], 'https://example.com', true],
    [['https://example.com'], 'https://EXAMPLE.com', true],
    [['https://example.com'], 'http://example.com', false],
    [['https://example.com'], 'https://example.com:8443', false],
    [['https://example.com'], 'https://example.com.evil.test', false],
    [['https://example.com'], 'https://www.example.com', false],
    [['https://*.example.com'], 'https://www.example.com', true],
    [['https://*.example.com'], 'https://a.b.example.com', true],
    [['https://*.example.com'], 'https://example.com', false],
    [['https://*.example.com'], 'https://.example.com', false],
    [['https://*.example.com'], 'http://www.example.com', false],
    [['https://*.example.com'], 'https://evilexample.com', false],
    [['https://*.example.com'], 'https://evil.test/.example.com', false],
    [['https://*.example.com'], 'https://evil.test#.example.com', false],
    [['https://*.example.com'], 'https://evil.test@www.example.com', false],
    [['https://*.example.com'], 'https://www.example.com:8443', false],
    [['https://*.example.com:8443'], 'https://www.example.com:8443', true],
    [['http://localhost:5173', 'https://a.test'], 'https://a.test', true],
    [['http://localhost:*'], 'http://localhost:3000', true],
    [['http://localhost:*'], 'http://localhost', true],
    [['http://localhost:*'], 'https://localhost:3000', false],
    [['http://localhost:*'], 'http://localhost.evil.test:3000', false],
    [['http://localhost:*'], 'http://evil.test/localhost:3000', false],
    [['http://localhost:*'], 'http://127.0.0.1:3000', false],
    [['http://localhost:*'], 'http://localhost:3000:4000', false],
    [['http://[::1]:*'], 'http://[::1]:3000', true],
    [['*'], 'https://anything.test', true],
    [['*'], 'null', true],
    [['https://example.com'], 'null', false],
    [[], 'https://example.com', false],
    [[], null, true],
  ])('%j let %s in: %s', async (allowed, from, expected) => {
    const [row] = await sql`select loacl_private.is_origin_allowed(${allowed}::text[], ${from}) as allowed`
    expect(row).toEqual({ allowed: expected })
  })

  const ANY_FORM = 'Write https://example.com, or https://*.example.com for every subdomain, or * for any page.'
  it.each([
    ['https://example.com/', 'Write https://example.com'],
    ['https://example.com/path', 'Write https://example.com'],
    [' HTTPS://Example.com:8443?a#b', 'Write https://example.com:8443'],
    ['https://*.Example.com/', 'Write https://*.example.com'],
    ['example.com', ANY_FORM],
    ['https://*', ANY_FORM],
    ['https://*.*.com', ANY_FORM],
    ['', ANY_FORM],
    ['https://a.test https://b.test', 'Write https://a.test'],
    ['https://example.com:*', ANY_FORM],
    ['http://localhost:*/', 'Write http://localhost:*'],
    ['https://example.com\n', 'Write https://example.com'],
    ['http://*.example.com', ANY_FORM],
    ['null', ANY_FORM],
    [null, ANY_FORM],
  ])('can’t be %j: %s', async (allowed, words) => {
    const list = ['https://good.test', allowed]
    const change = sql`update loacl.assistants set allowed_origins = ${list} where id = ${assistantId}`
    await expect(change).rejects.toMatchObject({
      message: 'invalid_body',
      detail: `"${allowed ?? ''}" is no origin: the beginning of a page's address, in lower case, with nothing after the host and its port. ${words}`,
    })
  })

  it('that are malformed are refused over the Data API too, in words with a code', async () => {
    const { jwt } = await world.createOperator()
    const answer = await api.insert(
      'assistants',
      { name: 'Shop', model: 'm', allowed_origins: ['https://a.test/shop'] },
      { jwt },
    )
    expect(answer).toMatchObject({
      status: 400,
      body: { message: 'invalid_body', details: expect.stringContaining('Write https://a.test') },
    })
  })
})
