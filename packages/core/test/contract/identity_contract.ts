import type { ErrorCode } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { randomToken } from '../../src/random.ts'
import { callerOf, type ProjectUnderTest } from './project_under_test.ts'
import { ask, codeOf, databaseErrorOf, messagesIn } from './wire_calls.ts'

const identifyAs = async (project: ProjectUnderTest, token: string, newToken: string, who: string) =>
  await callerOf(project, token).chat('POST', 'identify', {
    assistantId: project.assistant,
    newToken,
    identityToken: await project.identityToken(who),
  })

/** Whose a session is, in each project. */
export function identityContract(project: () => ProjectUnderTest): void {
  describe('POST /identify', () => {
    it('makes a guest’s session a person’s, by the site’s own word, and gives it another token', async () => {
      const me = callerOf(project())
      const { threadId } = await ask(project(), me)
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
      const { threadId, turnId } = await ask(project(), me)
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

  describe('a session of a Supabase user', () => {
    it('is worth nothing without their access token', async () => {
      const me = callerOf(project())
      const { threadId, turnId } = await ask(project(), me)
      const newToken = randomToken()
      const user = { authorization: `Bearer ${await project().accessToken()}` }
      const identify = { assistantId: project().assistant, newToken }
      expect((await me.chat('POST', 'identify', identify, user)).status).toBe(200)
      const identified = callerOf(project(), newToken)
      const args = { assistant_id: project().assistant }
      expect(await (await identified.rpc('open_session', args, user)).json()).toMatchObject({
        visitor: { type: 'authenticated' },
        threads: { items: [{ id: threadId }] },
      })
      const locked = { status: 401, message: 'session_locked' }
      expect(await databaseErrorOf(await identified.rpc('open_session', args))).toMatchObject(locked)
      expect(await databaseErrorOf(await identified.rpc('export_visitor_data', {}))).toMatchObject(locked)
      expect(await codeOf(await identified.chat('POST', 'turns', identified.message('Hi')))).toBe('session_locked')
      expect(await codeOf(await identified.chat('GET', `turns/${turnId}`))).toBe('turn_not_found')
    })
  })

  describe('what was erased', () => {
    it('is gone, and its token is refused from then on', async () => {
      const me = callerOf(project())
      const { threadId, turnId } = await ask(project(), me)
      expect(await (await me.rpc('erase_visitor_data', {})).json()).toEqual({
        sessions: 1,
        threads: 1,
        messages: 2,
        files: 0,
      })
      const expired = { status: 401, message: 'session_expired' }
      for (const [name, args] of [
        ['open_session', { assistant_id: project().assistant }],
        ['list_messages', { thread_id: threadId }],
        ['export_visitor_data', {}],
      ] as const)
        expect(await databaseErrorOf(await me.rpc(name, args))).toMatchObject(expired)
      expect(await codeOf(await me.chat('GET', `turns/${turnId}`))).toBe('session_expired')
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Hi')))).toBe('session_expired')
      // The same request again: its answer was lost.
      expect(await (await me.rpc('erase_visitor_data', {})).json()).toMatchObject({ sessions: 0 })
    })

    it('is a message as well that is on its way under a token without a session', async () => {
      const me = callerOf(project())
      expect(await (await me.rpc('erase_visitor_data', {})).json()).toMatchObject({ sessions: 0 })
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Hi')))).toBe('session_replaced')
    })
  })
}
