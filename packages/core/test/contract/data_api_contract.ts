import type { EventPage } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { callerOf, collect, type ProjectUnderTest, turnOf } from './project_under_test.ts'
import { ask, databaseErrorOf, messagesIn } from './wire_calls.ts'

/** What each project answers to calls of the database's functions. */
export function dataApiContract(project: () => ProjectUnderTest): void {
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
      await ask(project(), me, 'And now?', threadId)
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
      expect(page).toMatchObject({
        thread: { id: threadId, title: 'Mine', status: 'active' },
        activeTurnId: null,
        lastEvent: 13,
      })
      expect(page.items.map(({ number }) => number)).toEqual(page.items.map((_, at) => at + 1))
      expect((await events(12)).items).toEqual(page.items.slice(12))
      expect(await messagesIn(me, threadId)).toMatchObject({ lastEvent: 13 })
    })

    it.each<[string, (ids: { threadId: string; messageId: string }) => object, string]>([
      ['list_messages', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      [
        'choose_branch',
        ({ threadId, messageId }) => ({ thread_id: threadId, message_id: messageId }),
        'thread_not_found',
      ],
      ['list_events', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['update_thread', ({ threadId }) => ({ thread_id: threadId, title: 'Mine' }), 'thread_not_found'],
      ['delete_thread', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['restore_thread', ({ threadId }) => ({ thread_id: threadId }), 'thread_not_found'],
      ['set_feedback', ({ messageId }) => ({ message_id: messageId, value: 'up' }), 'message_not_found'],
      ['use_suggestion', ({ messageId }) => ({ suggestion_id: messageId }), 'suggestion_not_found'],
    ])('%s finds nothing of another’s', async (name, args, code) => {
      const ids = await ask(project(), callerOf(project()))
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
      const { threadId } = await ask(project(), me)
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
      for (const text of ['One', 'Two', 'Three']) await ask(project(), me, text)
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
}
