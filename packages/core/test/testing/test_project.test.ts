import { createClient as createSupabase } from '@supabase/supabase-js'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClient, type ErrorCode, type LoaclError } from '../../src/index.ts'
import { createTestProject } from '../../src/testing/index.ts'
import { eventsOf, memoryStorage, messagesOf } from '../support/watch.ts'

const project = createTestProject({
  assistant: { name: 'Ada', greeting: 'Hi!', maxMessageLength: 10 },
  questions: ['When are you open?'],
})
const server = setupServer(...project.handlers)
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => {
  server.resetHandlers()
  project.reset()
})
afterAll(() => server.close())

const { url, key, assistant } = project
const newClient = () => createClient({ url, key, assistant, storage: 'memory' })

describe('answers', () => {
  it('come in the order in which they were scripted; after them the question is repeated', async () => {
    const scripted = createTestProject({ answers: ['One', { text: 'Two' }] })
    scripted.answer('Three')
    const thread = createClient({ ...scripted, storage: 'memory' }).threads.create()
    const texts: string[] = []
    for (let n = 0; n < 4; n++) texts.push(await thread.send('And?').text())
    expect(texts).toEqual(['One', 'Two', 'Three', 'You asked: And?'])
    scripted.reset()
    expect(scripted.messages).toEqual([])
    expect(await thread.send('And?').done).toMatchObject({ error: { code: 'thread_not_found' } })
    expect(
      await createClient({ ...scripted, storage: 'memory' })
        .threads.create()
        .send('And?')
        .text(),
    ).toBe('One')
  })

  it('bring parts, a title, follow-ups and what they used', async () => {
    const parts = [
      { type: 'reasoning' as const, text: 'Let me see.' },
      { type: 'text' as const, text: 'At **nine**.' },
      {
        type: 'source-url' as const,
        sourceId: 's1',
        url: 'https://site.test/hours',
        citations: [{ start: 3, end: 11 }],
      },
      { type: 'text' as const, text: 'Come early.' },
    ]
    const usage = { inputTokens: 20, outputTokens: 7 }
    project.answer({ parts, title: 'Hours', followUps: ['And on Sunday?'], usage })
    const thread = newClient().threads.create()
    const turn = thread.send('When?')
    expect((await eventsOf(turn)).map(({ type }) => type)).toEqual([
      'reasoning',
      'text',
      'source',
      'text',
      'follow-ups',
      'title',
      'end',
    ])
    expect(await turn.done).toMatchObject({ usage, message: { parts, content: 'At **nine**.Come early.' } })
    await thread.load()
    expect(thread.getSnapshot()).toMatchObject({
      title: 'Hours',
      messages: [{}, { parts, suggestions: [{ suggestion: 'And on Sunday?' }] }],
    })
  })

  it('are cut short for a reason', async () => {
    project.answer({ text: 'At', cutReason: 'max_output_tokens' })
    const thread = newClient().threads.create()
    expect(await thread.send('When?').done).toMatchObject({
      status: 'cut',
      message: { content: 'At', cutReason: 'max_output_tokens' },
    })
  })

  it('come piece by piece, as the test goes on', async () => {
    const answer = project.stream()
    const thread = newClient().threads.create()
    const turn = thread.send('When?')
    expect(thread.getSnapshot().turn.status).toBe('sending')
    expect(await answer.question).toMatchObject({ content: 'When?', role: 'user' })
    answer.think('Hm.').say('At ')
    await expect.poll(() => thread.getSnapshot().messages[1]?.content).toBe('At ')
    answer.say('nine.').end()
    expect(await turn.text()).toBe('At nine.')
    expect(() => answer.say('No, ten.')).toThrow('ended')
  })

  it('are stopped by the visitor, and what is said after that goes nowhere', async () => {
    const answer = project.stream().say('At ')
    const thread = newClient().threads.create()
    const turn = thread.send('When?')
    await expect.poll(() => thread.getSnapshot().messages[1]?.content).toBe('At ')
    turn.stop()
    expect(await turn.done).toMatchObject({ status: 'stopped', message: { content: 'At ' } })
    answer.say('nine.').end()
    expect(project.messages).toMatchObject([{}, { status: 'stopped', content: 'At ' }])
  })

  it('go on after a connection that was lost', async () => {
    const answer = project.stream().say('At ').disconnect()
    const thread = newClient().threads.create()
    const turn = thread.send('When?')
    for await (const { type } of turn) if (type === 'reconnecting') break
    answer.say('nine.').end()
    expect(await turn.text()).toBe('At nine.')
    expect(project.requests.map(({ name }) => name)).toContain('GET turns/:id')
  })

  it('fail in the middle, and keep what they had said', async () => {
    project.stream().say('At ').fail('model_stream_broken', { message: 'Lost.', retryAfterMs: 5 })
    expect(await newClient().threads.create().send('When?').done).toMatchObject({
      status: 'failed',
      error: { code: 'model_stream_broken', message: 'Lost.', retryAfterMs: 5 },
      message: { status: 'failed', content: 'At ' },
    })
  })
})

describe('fail()', () => {
  it.each<[ErrorCode, object]>([
    ['rate_limited', { status: 429, retryAfterMs: 5_000 }],
    ['budget_exceeded', { status: 429, retryAfterMs: 5_000 }],
    ['assistant_paused', { status: 403 }],
    ['provider_key_missing', { status: 503 }],
    ['model_rate_limited', { retryAfterMs: 5_000 }],
    ['turn_abandoned', {}],
  ])('fails the next question with %s, and no other', async (code, expected) => {
    project.fail(code, { retryAfterMs: 5_000 })
    const thread = newClient().threads.create()
    expect(await thread.send('When?').done).toMatchObject({ status: 'failed', error: { code, ...expected } })
    expect(thread.getSnapshot().turn).toMatchObject({ status: 'failed' })
    project.answer('At nine.')
    expect(await thread.retry().text()).toBe('At nine.')
  })

  it('fails what it names', async () => {
    project.fail('assistant_inactive', { at: 'open_session', message: 'Closed.' })
    const client = newClient()
    await expect(client.open()).rejects.toMatchObject({ code: 'assistant_inactive', status: 403, message: 'Closed.' })
    expect(client.getSnapshot()).toMatchObject({ status: 'failed' })
    await client.open()
    const thread = client.threads.create()
    await thread.send('Hi').done
    project.fail('rate_limited', { at: 'update_thread', retryAfterMs: 3_000 })
    await expect(thread.rename('Mine')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 3_000 })
    project.fail('identity_unavailable', { at: 'POST identify' })
    const identityToken = project.identityToken('ada')
    await expect(client.identify({ identityToken })).rejects.toMatchObject({ code: 'identity_unavailable' })
    await client.identify({ identityToken })
    expect(client.getSnapshot()).toMatchObject({ visitor: { type: 'authenticated' }, threads: [{}] })
  })

  it('reaches nobody with `network`', async () => {
    project.fail('network', { at: 'open_session' })
    await expect(newClient().open()).rejects.toMatchObject({ code: 'network' })
    project.fail('network', { at: 'open_session' })
    await expect(createClient({ ...project, storage: 'memory' }).open()).rejects.toMatchObject({ code: 'network' })
  })

  it('sends nothing that no project sends', () => {
    expect(() => project.fail('disposed')).toThrow('disposed')
  })
})

describe('what a test can look at', () => {
  it('is each request, with its headers and body', async () => {
    const storage = memoryStorage()
    const thread = createClient({ url, key, assistant, storage }).threads.create()
    await thread.send('Hi').done
    expect(project.requests.map(({ name }) => name)).toEqual(['open_session', 'POST turns'])
    const { headers, body } = project.requests[1]!
    expect(body).toMatchObject({ type: 'message', assistantId: assistant, text: 'Hi', threadId: null })
    expect([...storage.items.values()]).toEqual([headers.get('x-loacl-session')])
  })

  it('is what is stored, without what was deleted', async () => {
    const client = newClient()
    project.answer({ text: 'Hello', title: 'Greetings' })
    const thread = client.threads.create()
    await thread.send('Hi').done
    await client.threads.create().send('Bye').done
    expect(project.threads).toMatchObject([{ title: 'Greetings', status: 'active' }, { title: null }])
    expect(project.messages.map(({ role, content }) => `${role} ${content}`)).toEqual([
      'user Hi',
      'assistant Hello',
      'user Bye',
      'assistant You asked: Bye',
    ])
    await thread.delete()
    expect(project.threads).toHaveLength(1)
    expect(project.messages).toHaveLength(2)
  })
})

it('shows the assistant and its questions', async () => {
  const client = newClient()
  await client.open()
  expect(client.getSnapshot()).toMatchObject({
    assistant: { id: assistant, name: 'Ada', greeting: 'Hi!', maxMessageLength: 10 },
    questions: [{ question: 'When are you open?' }],
  })
  expect(await client.threads.create().send('x'.repeat(11)).done).toMatchObject({ error: { code: 'text_too_long' } })
})

it('ends a guest’s session after thirty days', async () => {
  const client = newClient()
  const thread = client.threads.create()
  await thread.send('Hi').done
  vi.useFakeTimers({ now: Date.now() + 31 * 86_400_000, toFake: ['Date'] })
  try {
    expect(await thread.send('Hi').done).toMatchObject({ error: { code: 'session_expired' } })
  } finally {
    vi.useRealTimers()
  }
})

it('answers LOACL’s requests through the page’s own supabase-js client, and leaves the others to the page’s handlers', async () => {
  const supabase = createSupabase(url, key, { auth: { persistSession: false } })
  server.resetHandlers(
    ...project.handlers,
    http.all(`${url}/*`, () => HttpResponse.json('the page’s own')),
  )
  expect((await supabase.rpc('open_session')).data).toBe('the page’s own')
  expect((await supabase.from('orders').select()).data).toBe('the page’s own')
  const thread = createClient({ supabase, assistant, storage: 'memory' }).threads.create()
  project.answer('Hello')
  expect(await thread.send('Hi').text()).toBe('Hello')
  await thread.load()
  expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Hi"', 'assistant completed "Hello"'])
})

it('knows the users whose access tokens it has made', async () => {
  const client = newClient()
  await client.identify({ accessToken: project.accessToken('ada') })
  expect(client.getSnapshot()).toMatchObject({ visitor: { type: 'authenticated' } })
  const error = await client.identify({ accessToken: 'a.b.c' }).catch((reason: LoaclError) => reason)
  expect(error).toMatchObject({ code: 'access_token_invalid', status: 401 })
})

it('says what it was asked that is not LOACL’s', async () => {
  await expect(project.fetch('https://elsewhere.test/')).rejects.toThrow('https://elsewhere.test/')
})
