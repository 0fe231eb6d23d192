import { ERROR_STATUS, type ErrorCode, type EventPage, type MessagePage } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { randomToken } from '../../src/random.ts'
import { callerOf, collect, type ProjectUnderTest, textOf, turnOf, typesOf } from './project_under_test.ts'

type Caller = ReturnType<typeof callerOf>

async function codeOf(response: Response): Promise<ErrorCode> {
  const { error } = (await response.json()) as { error: { code: ErrorCode; message: string; requestId: string } }
  expect(response.status).toBe(ERROR_STATUS[error.code])
  expect(error).toMatchObject({ message: expect.any(String), requestId: expect.any(String) })
  return error.code
}

async function databaseErrorOf(response: Response) {
  return { status: response.status, ...((await response.json()) as { code?: string; message: string }) }
}

const messagesIn = async (me: Caller, threadId: string) =>
  (await (await me.rpc('list_messages', { thread_id: threadId })).json()) as MessagePage

const identifyAs = async (project: ProjectUnderTest, token: string, newToken: string, who: string) =>
  await callerOf(project, token).chat('POST', 'identify', {
    assistantId: project.assistant,
    newToken,
    identityToken: await project.identityToken(who),
  })

/** What each project answers to requests, byte for byte where a client reads it. */
export function wireContract(project: () => ProjectUnderTest): void {
  const ask = async (me: Caller, text = 'Hello', threadId: string | null = null) => {
    project().stream().say('Hi').end()
    const parts = await collect(await me.chat('POST', 'turns', me.message(text, { threadId }))).all()
    return turnOf(parts)
  }

  describe('POST /turns', () => {
    it('streams an answer as it comes, and what comes with its end', async () => {
      const me = callerOf(project())
      const answer = project().stream().say('Hel')
      const response = await me.chat('POST', 'turns', me.message('Hello'))
      expect(response.headers.get('content-type')).toMatch('text/event-stream')
      expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1')
      const stream = collect(response)
      const seen = await stream.until('text-delta')
      expect(typesOf(seen)).toEqual(['start', 'data-turn', 'text-start', 'text-delta'])
      const { threadId } = turnOf(seen)
      const page = await messagesIn(me, threadId)
      expect(page).toMatchObject({ activeTurnId: turnOf(seen).turnId, items: [{ status: 'streaming' }, {}] })

      answer.say('lo').end({ title: 'A greeting', followUps: ['What now?', 'Why?'] })
      const parts = await stream.all()
      expect(textOf(parts)).toBe('Hello')
      expect(parts.map(({ seq }) => seq)).toEqual(parts.map((_, at) => at + 1))
      expect(typesOf(parts).slice(-5)).toEqual([
        'text-end',
        'data-answer-complete',
        'data-follow-ups',
        'data-title',
        'finish',
      ])
      expect(parts.at(-1)!.part).toEqual({ type: 'finish', finishReason: 'stop' })
      expect(await messagesIn(me, threadId)).toMatchObject({
        thread: { title: 'A greeting', status: 'active' },
        activeTurnId: null,
        nextCursor: null,
        items: [
          {
            role: 'assistant',
            author: 'assistant',
            clientId: null,
            status: 'completed',
            content: 'Hello',
            parts: [{ type: 'text', text: 'Hello' }],
            suggestions: [{ suggestion: 'What now?', used: false }, { suggestion: 'Why?' }],
          },
          { role: 'user', author: 'visitor', status: 'completed', content: 'Hello' },
        ],
      })
    })

    it('ends its bytes with [DONE]', async () => {
      const me = callerOf(project())
      project().stream().say('Hi').end()
      const text = await (await me.chat('POST', 'turns', me.message('Hello'))).text()
      expect(text).toMatch(/\nid: \d+\ndata: \{"type":"finish","finishReason":"stop"\}\n\ndata: \[DONE\]\n\n$/)
    })

    it('joins the turn of a message that was sent before, and knows another by its text', async () => {
      const me = callerOf(project())
      const message = me.message('Hello')
      const answer = project().stream().say('Hi')
      const first = collect(await me.chat('POST', 'turns', message))
      await first.until('text-delta')
      const second = collect(await me.chat('POST', 'turns', message))
      answer.end({ title: 'A greeting', followUps: ['What now?'] })
      const [one, two] = await Promise.all([first.all(), second.all()])
      expect(turnOf(two)).toEqual(turnOf(one))
      expect(textOf(two)).toBe('Hi')
      expect(typesOf(two).slice(-3)).toEqual(['data-answer-complete', 'data-follow-ups', 'finish'])
      const other = me.chat('POST', 'turns', { ...message, text: 'Bye' })
      expect(await codeOf(await other)).toBe('id_conflict')
      const stranger = callerOf(project())
      expect(await codeOf(await stranger.chat('POST', 'turns', message))).toBe('message_not_found')
    })

    it('answers one question of a thread at a time', async () => {
      const me = callerOf(project())
      const answer = project().stream().say('Hi')
      const stream = collect(await me.chat('POST', 'turns', me.message('Hello')))
      const { threadId } = turnOf(await stream.until('text-delta'))
      const busy = me.chat('POST', 'turns', me.message('Hurry', { threadId }))
      expect(await codeOf(await busy)).toBe('turn_in_progress')
      answer.end()
      await stream.all()
      expect(await ask(me, 'Hurry', threadId)).toMatchObject({ threadId })
    })

    it('takes a message that follows the latest one, and no other', async () => {
      const me = callerOf(project())
      const { threadId, userMessageId, messageId } = await ask(me)
      const follow = (parentId: string) => me.chat('POST', 'turns', me.message('Next', { threadId, parentId }))
      expect(await codeOf(await follow(userMessageId))).toBe('id_conflict')
      expect(await codeOf(await follow(crypto.randomUUID()))).toBe('message_not_found')
      project().stream().say('Hi').end()
      expect(typesOf(await collect(await follow(messageId)).all()).at(-1)).toBe('finish')
    })

    it('tells a failure in its stream, and tries the same message again', async () => {
      const me = callerOf(project())
      const message = me.message('Hello')
      project().stream().fail('model_unavailable')
      const failed = await collect(await me.chat('POST', 'turns', message)).all()
      expect(failed.slice(-3).map(({ part }) => part)).toMatchObject([
        { type: 'data-answer-complete', data: { status: 'failed' } },
        { type: 'data-error', data: { code: 'model_unavailable', requestId: expect.any(String) } },
        { type: 'error', errorText: expect.any(String) },
      ])
      const { threadId, userMessageId, messageId } = turnOf(failed)
      project().stream().say('Hi').end()
      const { assistantId, id } = message
      const retry = { type: 'retry', assistantId, id, threadId }
      const again = await collect(await me.chat('POST', 'turns', retry)).all()
      expect(turnOf(again)).toMatchObject({ threadId, userMessageId })
      expect(turnOf(again).messageId).not.toBe(messageId)
      const { items } = await messagesIn(me, threadId)
      expect(items.map((item) => item.id)).toEqual([turnOf(again).messageId, userMessageId])
      // Answered, it is that answer.
      expect(turnOf(await collect(await me.chat('POST', 'turns', retry)).all())).toEqual(turnOf(again))
      const nothing = { ...retry, id: crypto.randomUUID() }
      expect(await codeOf(await me.chat('POST', 'turns', nothing))).toBe('message_not_found')
    })

    it.each<[ErrorCode, string | object]>([
      ['invalid_json', '{'],
      ['invalid_body', '[]'],
      ['invalid_body', { assistantId: 'nonsense' }],
      ['turn_type_unsupported', { type: 'edit' }],
      ['text_required', { text: ' \n' }],
      ['text_malformed', { text: 'a\0b' }],
      ['text_too_long', { text: 'x'.repeat(100_000) }],
      ['body_too_large', { text: 'x'.repeat(300_000) }],
      ['thread_not_found', { threadId: '00000000-0000-4000-8000-000000000000' }],
      ['assistant_not_found', { assistantId: '00000000-0000-4000-8000-000000000000' }],
    ])('refuses with %s', async (code, body) => {
      const me = callerOf(project())
      const sent = typeof body === 'string' ? body : me.message('Hello', body)
      expect(await codeOf(await me.chat('POST', 'turns', sent))).toBe(code)
    })

    it('refuses who comes without a session, with what is none, or with another key', async () => {
      const body = callerOf(project()).message('Hello')
      expect(await codeOf(await callerOf(project(), null).chat('POST', 'turns', body))).toBe('session_missing')
      expect(await codeOf(await callerOf(project(), 'short').chat('POST', 'turns', body))).toBe('session_invalid')
      const me = callerOf(project())
      const wrongKey = me.chat('POST', 'turns', body, { apikey: 'sb_publishable_wrong' })
      expect(await codeOf(await wrongKey)).toBe('key_rejected')
      const user = me.chat('POST', 'turns', body, { authorization: 'Bearer a.b.c' })
      expect(await codeOf(await user)).toBe('access_token_invalid')
    })

    it('knows no other path and no other method', async () => {
      const me = callerOf(project())
      expect(await codeOf(await me.chat('POST', 'nothing'))).toBe('not_found')
      expect(await codeOf(await me.chat('GET', 'turns'))).toBe('method_not_allowed')
    })
  })

  describe('GET /turns/:id', () => {
    it('goes on after a place, while the answer comes and when it is there', async () => {
      const me = callerOf(project())
      const answer = project().stream().say('Hel')
      const first = collect(await me.chat('POST', 'turns', me.message('Hello')))
      const seen = [...(await first.until('text-delta'))]
      const { turnId } = turnOf(seen)
      const after = seen.at(-1)!.seq
      const live = collect(await me.chat('GET', `turns/${turnId}?after=${after}`))
      answer.say('lo').end()
      const rest = await live.all()
      expect(rest[0]!.seq).toBe(after + 1)
      expect(textOf([...seen, ...rest])).toBe('Hello')
      const again = await collect(await me.chat('GET', `turns/${turnId}`)).all()
      expect(textOf(again)).toBe('Hello')
      expect(typesOf(again).slice(-2)).toEqual(['data-answer-complete', 'finish'])
    })

    it('shows nothing of another’s', async () => {
      const me = callerOf(project())
      const { turnId } = await ask(me)
      const stranger = callerOf(project())
      expect(await codeOf(await stranger.chat('GET', `turns/${turnId}`))).toBe('turn_not_found')
      expect(await codeOf(await stranger.chat('POST', `turns/${turnId}/stop`))).toBe('turn_not_found')
      expect(await codeOf(await me.chat('GET', 'turns/nonsense'))).toBe('turn_not_found')
      expect(await codeOf(await me.chat('GET', `turns/${turnId}?after=x`))).toBe('invalid_body')
    })
  })

  describe('POST /turns/:id/stop', () => {
    it('ends the answer, and keeps what had come', async () => {
      const me = callerOf(project())
      project().stream().say('Half')
      const stream = collect(await me.chat('POST', 'turns', me.message('Hello')))
      const { turnId, threadId } = turnOf(await stream.until('text-delta'))
      const stopped = await me.chat('POST', `turns/${turnId}/stop`)
      expect([stopped.status, await stopped.json()]).toEqual([202, { state: 'running' }])
      const parts = await stream.all()
      expect(typesOf(parts).slice(-3)).toEqual(['text-end', 'data-answer-complete', 'abort'])
      expect((await messagesIn(me, threadId)).items[0]).toMatchObject({ status: 'stopped', content: 'Half' })
      const again = await me.chat('POST', `turns/${turnId}/stop`)
      expect([again.status, await again.json()]).toEqual([202, { state: 'stopped' }])
    })
  })

  describe('the Data API', () => {
    it('writes down what happens in a thread', async () => {
      const me = callerOf(project())
      project()
        .stream()
        .say('Hi')
        .end({ title: 'A greeting', followUps: ['What now?'] })
      const { threadId, messageId } = turnOf(await collect(await me.chat('POST', 'turns', me.message('Hello'))).all())
      const events = async (after = 0) =>
        (await (await me.rpc('list_events', { thread_id: threadId, after })).json()) as EventPage
      const { suggestions } = (await messagesIn(me, threadId)).items[0]!
      await me.rpc('use_suggestion', { suggestion_id: suggestions[0]!.id })
      await me.rpc('set_feedback', { message_id: messageId, value: 'up' })
      await me.rpc('update_thread', { thread_id: threadId, title: 'Mine' })
      await me.rpc('update_thread', { thread_id: threadId, status: 'archived' })
      await ask(me, 'And now?', threadId)
      const page = await events()
      expect(page.items.map(({ kind }) => kind)).toEqual([
        'message_added',
        'turn_began',
        'turn_ended',
        'thread_renamed',
        'message_changed',
        'message_changed',
        'feedback_changed',
        'thread_renamed',
        'thread_archived',
        'thread_restored',
        'message_added',
        'turn_began',
        'turn_ended',
      ])
      expect(page).toMatchObject({ thread: { id: threadId, title: 'Mine' }, activeTurnId: null, lastEvent: 13 })
      expect(page.items.map(({ number }) => number)).toEqual(page.items.map((_, at) => at + 1))
      expect((await events(12)).items).toEqual(page.items.slice(12))
      expect(await messagesIn(me, threadId)).toMatchObject({ lastEvent: 13 })
    })

    it.each<[string, (ids: { threadId: string; messageId: string }) => object, string]>([
      ['list_messages', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['list_events', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['update_thread', ({ threadId }) => ({ thread_id: threadId, title: 'Mine' }), 'thread_not_found'],
      ['delete_thread', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['restore_thread', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['set_feedback', ({ messageId }) => ({ message_id: messageId, value: 'up' }), 'message_not_found'],
      ['use_suggestion', ({ messageId }) => ({ suggestion_id: messageId }), 'suggestion_not_found'],
    ])('%s finds nothing of another’s', async (name, args, code) => {
      const ids = await ask(callerOf(project()))
      expect(await databaseErrorOf(await callerOf(project()).rpc(name, args(ids)))).toMatchObject({
        status: 404,
        code: 'PT404',
        message: code,
      })
    })

    it.each<[string, object, object]>([
      ['update_thread', { title: ' ' }, { status: 400, message: 'invalid_body' }],
      ['update_thread', { status: 'gone' }, { status: 400, message: 'invalid_body' }],
      ['update_thread', { title: 'x'.repeat(201) }, { status: 400, message: 'invalid_body' }],
      ['list_messages', { cursor: 'x' }, { status: 400, message: 'invalid_body' }],
      ['list_messages', { thread_id: 'x' }, { status: 400, code: '22P02' }],
    ])('%s refuses %o', async (name, args, expected) => {
      const me = callerOf(project())
      const { threadId } = await ask(me)
      expect(await databaseErrorOf(await me.rpc(name, { thread_id: threadId, ...args }))).toMatchObject(expected)
    })

    it('refuses opening without a session, with another key, and as nobody’s user', async () => {
      const args = { assistant_id: project().assistant }
      const open = async (token: string | null | undefined, headers?: Record<string, string>) =>
        await databaseErrorOf(await callerOf(project(), token).rpc('open_session', args, headers))
      expect(await open(null)).toMatchObject({ status: 401, code: 'PT401', message: 'session_missing' })
      expect(await open('short')).toMatchObject({ status: 401, message: 'session_invalid' })
      expect(await open(undefined, { apikey: 'sb_publishable_wrong' })).toMatchObject({ status: 401 })
      expect(await open(undefined, { authorization: 'Bearer nonsense' })).toMatchObject({
        status: 401,
        code: 'PGRST301',
      })
    })

    it('pages through threads, the latest first', async () => {
      const me = callerOf(project())
      for (const text of ['One', 'Two', 'Three']) await ask(me, text)
      const list = async (cursor: string | null) =>
        (await (await me.rpc('list_threads', { assistant_id: project().assistant, page_size: 2, cursor })).json()) as {
          items: { id: string }[]
          nextCursor: string | null
        }
      const first = await list(null)
      expect(first).toMatchObject({ items: { length: 2 }, nextCursor: expect.any(String) })
      const second = await list(first.nextCursor)
      expect(second).toMatchObject({ items: { length: 1 }, nextCursor: null })
      const { items } = await messagesIn(me, second.items[0]!.id)
      expect(items.at(-1)!.content).toBe('One')
    })
  })

  describe('POST /identify', () => {
    it('makes a guest’s session a person’s, by the site’s own word, and gives it another token', async () => {
      const me = callerOf(project())
      const { threadId } = await ask(me)
      const newToken = randomToken()
      const identityToken = await project().identityToken(crypto.randomUUID())
      const identified = await me.chat('POST', 'identify', {
        assistantId: project().assistant,
        newToken,
        identityToken,
      })
      expect(identified.status).toBe(200)
      expect(await identified.json()).toMatchObject({
        visitor: { sessionId: expect.any(String), type: 'authenticated' },
        expiresAt: expect.any(String),
      })
      expect(await messagesIn(callerOf(project(), newToken), threadId)).toMatchObject({ items: { length: 2 } })
      expect(await databaseErrorOf(await me.rpc('list_messages', { thread_id: threadId }))).toMatchObject({
        message: 'session_replaced',
      })
    })

    it('leaves a session to the person whose it is', async () => {
      const token = randomToken()
      const fresh = randomToken()
      const [ada, eve] = [crypto.randomUUID(), crypto.randomUUID()]
      expect((await identifyAs(project(), token, fresh, ada)).status).toBe(200)
      // Its answer was lost.
      expect((await identifyAs(project(), token, fresh, ada)).status).toBe(200)
      expect(await codeOf(await identifyAs(project(), fresh, randomToken(), eve))).toBe('session_bound')
      expect(await codeOf(await identifyAs(project(), token, randomToken(), ada))).toBe('session_replaced')
      expect(await codeOf(await identifyAs(project(), randomToken(), fresh, eve))).toBe('id_conflict')
    })

    it.each<[ErrorCode, object]>([
      ['identity_token_invalid', { identityToken: 'a.b.c' }],
      ['invalid_body', {}],
      ['invalid_body', { identityToken: 7 }],
      ['invalid_body', { newToken: 'short' }],
      ['invalid_body', { assistantId: 'nonsense' }],
    ])('refuses with %s', async (code, change) => {
      const body = { assistantId: project().assistant, newToken: randomToken(), ...change }
      expect(await codeOf(await callerOf(project()).chat('POST', 'identify', body))).toBe(code)
    })
  })

  describe('a token that another has taken the place of', () => {
    it('is refused as such by everything', async () => {
      const me = callerOf(project())
      const { threadId, turnId } = await ask(me)
      expect((await me.chat('POST', 'sign-out')).status).toBe(204)
      const args = { assistant_id: project().assistant }
      expect(await databaseErrorOf(await me.rpc('open_session', args))).toMatchObject({ message: 'session_replaced' })
      expect(await databaseErrorOf(await me.rpc('list_messages', { thread_id: threadId }))).toMatchObject({
        message: 'session_replaced',
      })
      expect(await codeOf(await me.chat('GET', `turns/${turnId}`))).toBe('session_replaced')
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Hi')))).toBe('session_replaced')
    })
  })
}
