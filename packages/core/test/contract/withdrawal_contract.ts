import { describe, expect, it } from 'vitest'
import { LoaclError } from '../../src/index.ts'
import { callerOf, clientOf, collect, type ProjectUnderTest, textOf, turnOf, typesOf } from './project_under_test.ts'
import { messagesIn } from './wire_calls.ts'

/** What each project does with an answer that moderation flags while a visitor reads it. */
export function withdrawalContract(project: () => ProjectUnderTest): void {
  describe('an answer that moderation flags', () => {
    it('is told anew to whoever reads it, from its beginning, and then fails', async () => {
      const me = callerOf(project())
      const answer = project().stream().say('Hel')
      const stream = collect(await me.chat('POST', 'turns', me.message('Hello')))
      const { turnId, threadId, messageId } = turnOf(await stream.until('text-delta'))
      answer.fail('output_flagged')
      const parts = await stream.all()
      const anew = ['start', 'data-turn', 'data-answer-complete', 'data-error', 'error']
      expect(typesOf(parts).slice(-5)).toEqual(anew)
      expect(parts.map(({ seq }) => seq)).toEqual(parts.map((_, at) => at + 1))
      expect(parts.at(-2)!.part).toMatchObject({ data: { code: 'output_flagged' } })

      for (const after of [0, 3]) {
        const rest = await collect(await me.chat('GET', `turns/${turnId}?after=${after}`)).all()
        expect(typesOf(rest)).toEqual(anew)
        expect(textOf(rest)).toBe('')
      }
      expect(await messagesIn(me, threadId)).toMatchObject({
        thread: { title: null },
        items: [
          { id: messageId, status: 'failed', errorCode: 'output_flagged', content: '', parts: [], suggestions: [] },
          {},
        ],
      })
    })

    it('vanishes from the state of a client, which keeps the question', async () => {
      const client = clientOf(project())
      const thread = client.threads.create()
      const answer = project().stream().say('Hel')
      const turn = thread.send('Hello')
      for await (const event of turn) if (event.type === 'text') answer.fail('output_flagged')
      const result = await turn.done
      expect(result).toMatchObject({ status: 'failed', message: { content: '', parts: [] } })
      expect(result.status === 'failed' && LoaclError.is(result.error) && result.error.code).toBe('output_flagged')
      const state = thread.getSnapshot()
      expect(state).toMatchObject({
        turn: { status: 'failed' },
        messages: [{ content: 'Hello' }, { status: 'failed', errorCode: 'output_flagged', content: '', parts: [] }],
      })
      project().stream().say('Hi').end()
      expect(await thread.retry().text()).toBe('Hi')
    })
  })
}
