import type { ErrorCode } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { callerOf, collect, type ProjectUnderTest, textOf, turnOf, typesOf } from './project_under_test.ts'
import { ask, codeOf, messagesIn } from './wire_calls.ts'

/** What each project answers to requests for turns, as a client reads it. */
export function turnsContract(project: () => ProjectUnderTest): void {
  describe('POST /messages/:id/stop', () => {
    it('stops the turn that answers the message, for its visitor alone', async () => {
      const me = callerOf(project())
      const answer = project().stream().say('Hel')
      const message = me.message('Hello')
      const stream = collect(await me.chat('POST', 'turns', message))
      await stream.until('text-delta')
      const other = await callerOf(project()).chat('POST', `messages/${message.id}/stop`)
      expect([other.status, await other.json()]).toEqual([202, { state: 'kept' }])
      expect(await (await me.chat('POST', `messages/${message.id}/stop`)).json()).toEqual({ state: 'running' })
      expect((await stream.all()).at(-1)!.part).toMatchObject({ type: 'abort' })
      answer.end()
    })

    it('is kept for a message that comes late', async () => {
      const me = callerOf(project())
      const late = me.message('Late')
      expect(await (await me.chat('POST', `messages/${late.id}/stop`)).json()).toEqual({ state: 'kept' })
      const parts = await collect(await me.chat('POST', 'turns', late)).all()
      expect(typesOf(parts)).toEqual(['start', 'data-turn', 'data-answer-complete', 'abort'])
      const { threadId } = turnOf(parts)
      expect(await messagesIn(me, threadId)).toMatchObject({
        items: [{ status: 'stopped', content: '' }, { content: 'Late' }],
      })
    })
  })

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
      const retry = { ...message, type: 'retry', threadId: turnOf(one).threadId }
      expect(await codeOf(await stranger.chat('POST', 'turns', retry))).toBe('thread_not_found')
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
      expect(await ask(project(), me, 'Hurry', threadId)).toMatchObject({ threadId })
    })

    it('takes a message that follows the latest one, and no other', async () => {
      const me = callerOf(project())
      const { threadId, userMessageId, messageId } = await ask(project(), me)
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
      ['turn_type_unsupported', { type: 'nonsense' }],
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
      const { turnId } = await ask(project(), me)
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
}
