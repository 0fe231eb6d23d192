import type { EventPage, MessagePage } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { callerOf, collect, type ProjectUnderTest, textOf, turnOf, typesOf } from './project_under_test.ts'
import { ask, codeOf, databaseErrorOf, messagesIn } from './wire_calls.ts'

/** Other answers, edited questions, answers that go on, and the branch that is shown, in each project. */
export function siblingsContract(project: () => ProjectUnderTest): void {
  async function talk() {
    const me = callerOf(project())
    const one = await ask(project(), me, 'One')
    const two = await ask(project(), me, 'Two', one.threadId)
    const { threadId } = one
    const request = (type: string, messageId: string, change: object = {}) => {
      const { text, ...rest } = me.message('Edited', { threadId, type, messageId, ...change })
      return type === 'edit' ? { ...rest, text } : rest
    }
    const post = (type: string, messageId: string, change: object = {}) =>
      me.chat('POST', 'turns', request(type, messageId, change))
    const choose = (messageId: string) => me.rpc('choose_branch', { thread_id: threadId, message_id: messageId })
    const shown = async () => (await messagesIn(me, threadId)).items.toReversed()
    const contents = async () => (await shown()).map(({ content }) => content)
    return { me, threadId, one, two, post, choose, shown, contents }
  }

  describe('siblings', () => {
    it('are another answer, and the old one stays readable', async () => {
      const { one, post, choose, shown, contents, me, threadId } = await talk()
      project().stream().say('Other').end()
      const parts = await collect(await post('regenerate', one.messageId)).all()
      const { userMessageId, messageId } = turnOf(parts)
      expect(userMessageId).toBe(one.userMessageId)
      expect(await contents()).toEqual(['One', 'Other'])
      expect((await shown())[1]!.siblings).toEqual([one.messageId, messageId])
      const chosen = (await (await choose(one.messageId)).json()) as MessagePage
      expect(chosen.items.map(({ content }) => content)).toEqual(['Hi', 'Two', 'Hi', 'One'])
      expect(chosen).toEqual(await messagesIn(me, threadId))
      const log = (await (await me.rpc('list_events', { thread_id: threadId, after: 0 })).json()) as EventPage
      expect(log.items.at(-1)).toMatchObject({ kind: 'message_chosen', messageId: chosen.items[0]!.id })
    })

    it('are an edited question with its own answer, and a new message goes where the visitor is', async () => {
      const { me, threadId, one, two, post, choose, contents } = await talk()
      project().stream().say('Yes').end()
      const edited = turnOf(await collect(await post('edit', two.userMessageId)).all())
      expect(await contents()).toEqual(['One', 'Hi', 'Edited', 'Yes'])
      await choose(two.userMessageId)
      await ask(project(), me, 'Three', threadId)
      expect(await contents()).toEqual(['One', 'Hi', 'Two', 'Hi', 'Three', 'Hi'])
      await choose(edited.messageId)
      expect(await contents()).toEqual(['One', 'Hi', 'Edited', 'Yes'])
      project().stream().say('New').end()
      await collect(await post('edit', one.userMessageId, { text: 'Anew' })).all()
      expect(await contents()).toEqual(['Anew', 'New'])
    })

    it('come once, however often the request is sent', async () => {
      const { two, post } = await talk()
      const id = crypto.randomUUID()
      for (const [type, named] of [
        ['edit', two.userMessageId],
        ['regenerate', two.messageId],
      ] as const) {
        project().stream().say('Again').end()
        const change = { id: `${type}-${id}` }
        const first = turnOf(await collect(await post(type, named, change)).all())
        expect(turnOf(await collect(await post(type, named, change)).all())).toEqual(first)
      }
      expect(await codeOf(await post('continue', two.messageId, { id: `regenerate-${id}` }))).toBe('id_conflict')
      expect(await codeOf(await post('edit', two.userMessageId, { id: `edit-${id}`, text: 'x' }))).toBe('id_conflict')
    })

    it('are refused for what is not there, and while an answer is written', async () => {
      const { me, threadId, one, two, post, choose, shown } = await talk()
      const before = await shown()
      const other = await ask(project(), me, 'Elsewhere')
      const strangers = await ask(project(), callerOf(project()))
      for (const { messageId, userMessageId } of [other, strangers]) {
        expect(await codeOf(await post('regenerate', messageId))).toBe('message_not_found')
        expect(await codeOf(await post('continue', messageId))).toBe('message_not_found')
        expect(await codeOf(await post('edit', userMessageId))).toBe('message_not_found')
        expect(await databaseErrorOf(await choose(messageId))).toMatchObject({
          status: 404,
          message: 'message_not_found',
        })
      }
      expect(await codeOf(await post('regenerate', one.userMessageId))).toBe('message_not_found')
      expect(await codeOf(await post('edit', one.messageId))).toBe('message_not_found')
      expect(await codeOf(await post('edit', two.userMessageId, { threadId: null }))).toBe('invalid_body')
      const answer = project().stream().say('Hi')
      const running = collect(await me.chat('POST', 'turns', me.message('Three', { threadId })))
      await running.until('text-delta')
      expect(await codeOf(await post('regenerate', two.messageId))).toBe('turn_in_progress')
      expect(await codeOf(await post('edit', two.userMessageId))).toBe('turn_in_progress')
      expect(await databaseErrorOf(await choose(one.messageId))).toMatchObject({ message: 'turn_in_progress' })
      answer.end()
      await running.all()
      expect((await shown()).slice(0, before.length)).toEqual(before)
    })

    it('can be stopped by the id of the request', async () => {
      const { two, post, me, shown } = await talk()
      const id = crypto.randomUUID()
      project().stream().say('Half')
      const stream = collect(await post('regenerate', two.messageId, { id }))
      await stream.until('text-delta')
      await me.chat('POST', `messages/${id}/stop`)
      expect((await stream.all()).at(-1)!.part).toMatchObject({ type: 'abort' })
      expect((await shown()).at(-1)).toMatchObject({ status: 'stopped', content: 'Half' })
    })
  })

  describe('an answer that goes on', () => {
    it('grows where it was stopped, and tells its stream from the beginning', async () => {
      const { me, threadId, post, shown } = await talk()
      project().stream().say('- One\n- Tw')
      const first = collect(await me.chat('POST', 'turns', me.message('A list', { threadId })))
      const { turnId, messageId } = turnOf(await first.until('text-delta'))
      await me.chat('POST', `turns/${turnId}/stop`)
      await first.all()
      project().stream().say('o\n- Three').end()
      const parts = await collect(await post('continue', messageId)).all()
      expect(turnOf(parts).messageId).toBe(messageId)
      expect(textOf(parts)).toBe('- One\n- Two\n- Three')
      expect(typesOf(parts).filter((type) => /^text-(start|end)$/.test(type))).toEqual(['text-start', 'text-end'])
      expect((await shown()).at(-1)).toMatchObject({
        id: messageId,
        status: 'completed',
        parts: [{ type: 'text', text: '- One\n- Two\n- Three' }],
      })
      expect((await shown()).at(-1)).not.toHaveProperty('siblings')
    })

    it('must have been cut, and be the last', async () => {
      const { two, one, me, threadId, post } = await talk()
      expect(await codeOf(await post('continue', two.messageId))).toBe('answer_not_cut')
      project().stream().say('Half')
      const stream = collect(await me.chat('POST', 'turns', me.message('Three', { threadId })))
      const { turnId, messageId } = turnOf(await stream.until('text-delta'))
      await me.chat('POST', `turns/${turnId}/stop`)
      await stream.all()
      await ask(project(), me, 'Four', threadId)
      expect(await codeOf(await post('continue', messageId))).toBe('id_conflict')
      expect(await codeOf(await post('continue', one.userMessageId))).toBe('message_not_found')
    })
  })
}
