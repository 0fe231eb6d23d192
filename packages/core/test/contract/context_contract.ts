import type { PageContext } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import type { VisitorExport } from '../../src/index.ts'
import { callerOf, collect, type ProjectUnderTest, turnOf } from './project_under_test.ts'
import { codeOf, messagesIn } from './wire_calls.ts'

const LAMP: PageContext = { title: 'A lamp', url: 'https://shop.example/lamp', tags: ['new', { sale: true }] }

const contextsOf = async (me: ReturnType<typeof callerOf>) => {
  const { threads } = (await (await me.rpc('export_visitor_data', {})).json()) as VisitorExport
  return threads.flatMap(({ messages }) => messages.map(({ content, context }) => [content, context]))
}

/** What each project does with what a page says that the visitor is looking at. */
export function contextContract(project: () => ProjectUnderTest): void {
  describe('a page context', () => {
    it('is kept with the message, and with what that is edited to', async () => {
      const me = callerOf(project())
      const ask = async (request: object) => {
        project().stream().say('Ten').end()
        return turnOf(await collect(await me.chat('POST', 'turns', request)).all())
      }
      const first = me.message('How much?', { context: LAMP })
      const { threadId, messageId } = await ask(first)
      const made = { assistantId: project().assistant, threadId }
      // The same message, sent again with another, is the same message.
      await collect(await me.chat('POST', 'turns', { ...first, context: { title: 'A rug' } })).all()
      await ask({ ...made, type: 'edit', id: crypto.randomUUID(), messageId: first.id, text: 'How big?' })
      await ask({ ...made, type: 'regenerate', id: crypto.randomUUID(), messageId })
      await ask(me.message('And now?', { threadId, context: null }))
      expect(await contextsOf(me)).toEqual([
        ['How much?', LAMP],
        ['Ten', null],
        ['How big?', LAMP],
        ['Ten', null],
        ['Ten', null],
        ['And now?', null],
        ['Ten', null],
      ])
      const { items } = await messagesIn(me, threadId)
      expect(items.every((item) => !('context' in item))).toBe(true)
    })

    it.each<[string, unknown]>([
      ['a text', 'A lamp'],
      ['a title that is a number', { title: 7 }],
      ['what is too large', { note: 'x'.repeat(4096) }],
      ['what no database can hold', { title: 'a\0' }],
    ])('refuses %s, and stores nothing', async (_, context) => {
      const me = callerOf(project())
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Hello', { context })))).toBe('context_invalid')
      project().stream().say('Ten').end()
      await collect(await me.chat('POST', 'turns', me.message('Again', { context: LAMP }))).all()
      expect(await contextsOf(me)).toEqual([
        ['Again', LAMP],
        ['Ten', null],
      ])
    })
  })
}
