import { describe, expect, it } from 'vitest'
import type { Thread } from '../../src/index.ts'
import { memoryStorage, messagesOf } from '../support/watch.ts'
import { clientOf, type ProjectUnderTest } from './project_under_test.ts'

const shown = (thread: Thread) => thread.getSnapshot().messages.map(({ content }) => content)
const siblings = (thread: Thread) => thread.getSnapshot().messages.map((message) => message.siblings?.length ?? 1)
const idAt = (thread: Thread, at: number) => thread.getSnapshot().messages.at(at)!.id
const codes = async (...turns: ReturnType<Thread['retry']>[]) => {
  const results = await Promise.all(turns.map(({ done }) => done))
  return results.map((result) => (result.status === 'failed' ? result.error.code : result.status))
}

/** How a client edits, asks for other answers, goes on with one, and moves between them, in each project. */
export function branchesContract(project: () => ProjectUnderTest): void {
  const answer = (text: string) => project().stream().say(text).end()

  /** Two questions and their answers, on a device, and another device of the visitor's. */
  async function talk() {
    const storage = memoryStorage()
    const thread = clientOf(project(), storage).threads.create()
    for (const [question, said] of [
      ['One', 'First'],
      ['Two', 'Second'],
    ] as const) {
      answer(said)
      await thread.send(question).done
    }
    const other = clientOf(project(), storage).threads.get(thread.getSnapshot().id)
    const reload = async () => {
      await other.load()
      return other
    }
    return { thread, reload }
  }

  /** An answer that was stopped after these words. */
  async function stopAfter(thread: Thread, text: string) {
    project().stream().say(text)
    const turn = thread.send('Tell me')
    for await (const event of turn) if (event.type === 'text') turn.stop()
    return (await turn.done).message!
  }

  describe('a thread with branches', () => {
    it('answers anew beside an answer, moves between the two, and every device sees the same', async () => {
      const { thread, reload } = await talk()
      const [first, last] = [idAt(thread, 1), idAt(thread, 3)]
      answer('Another')
      const { message } = (await thread.regenerate(first).done) as { message: { id: string } }
      expect(shown(thread)).toEqual(['One', 'Another'])
      expect(thread.getSnapshot().messages[1]).toMatchObject({ siblings: [first, message.id] })
      const other = await reload()
      expect(messagesOf(other.getSnapshot())).toEqual(messagesOf(thread.getSnapshot()))
      expect(siblings(other)).toEqual([1, 2])
      await thread.select(first)
      expect(shown(thread)).toEqual(['One', 'First', 'Two', 'Second'])
      expect(siblings(thread)).toEqual([1, 2, 1, 1])
      expect(shown(await reload())).toEqual(shown(thread))
      answer('Third')
      await thread.send('Three').done
      expect(shown(await reload())).toEqual(['One', 'First', 'Two', 'Second', 'Three', 'Third'])
      expect(idAt(thread, 3)).toBe(last)
    })

    it('puts another question in the place of one, by either of its ids', async () => {
      const { thread, reload } = await talk()
      const question = thread.getSnapshot().messages[2]!
      answer('Changed')
      expect(await thread.edit(question.clientId!, 'Two, but other').text()).toBe('Changed')
      expect(shown(thread)).toEqual(['One', 'First', 'Two, but other', 'Changed'])
      const edited = thread.getSnapshot().messages[2]!
      expect(edited).toMatchObject({ status: 'completed', author: 'visitor', siblings: [question.id, edited.id] })
      answer('New')
      await thread.edit(idAt(thread, 0), 'Anew').done
      expect(shown(thread)).toEqual(['Anew', 'New'])
      expect(siblings(await reload())).toEqual([2, 1])
      await thread.select(question.id)
      expect(shown(thread)).toEqual(['One', 'First', 'Two', 'Second'])
      expect(siblings(thread)).toEqual([2, 1, 2, 1])
    })

    it('goes on with an answer that was stopped, in the same message', async () => {
      const { thread, reload } = await talk()
      const { id } = await stopAfter(thread, 'Once upon a ti')
      answer('me.')
      const parts: string[] = []
      thread.subscribe(() => parts.push(thread.getSnapshot().messages.at(-1)!.content))
      const turn = thread.continue(id)
      expect(await turn.done).toMatchObject({ status: 'completed', message: { id, content: 'Once upon a time.' } })
      // What was there stays in sight.
      expect(parts.every((content) => content.startsWith('Once upon a ti'))).toBe(true)
      expect(shown(await reload()).at(-1)).toBe('Once upon a time.')
    })

    it('says with a code what can’t be done, and stays as it was', async () => {
      const { thread } = await talk()
      const before = thread.getSnapshot()
      expect(await codes(thread.retry())).toEqual(['already_answered'])
      expect(await codes(thread.regenerate(idAt(thread, 0)))).toEqual(['message_not_found'])
      expect(await codes(thread.regenerate('nonsense'))).toEqual(['message_not_found'])
      expect(await codes(thread.edit(idAt(thread, 1), 'x'))).toEqual(['message_not_found'])
      expect(await codes(thread.edit(idAt(thread, 0), ' '))).toEqual(['text_required'])
      expect(await codes(thread.continue(idAt(thread, 3)))).toEqual(['answer_not_cut'])
      await expect(thread.select(crypto.randomUUID())).rejects.toMatchObject({ code: 'message_not_found' })
      expect(thread.getSnapshot()).toEqual(before)
      const empty = clientOf(project()).threads.create()
      expect(await codes(empty.retry())).toEqual(['message_not_found'])
      expect(await codes(empty.regenerate('x'))).toEqual(['message_not_found'])
      await expect(empty.select('x')).rejects.toMatchObject({ code: 'thread_not_found' })

      const streamed = project().stream().say('Hi')
      const running = thread.send('Three')
      for await (const { type } of running) if (type === 'text') break
      expect(await codes(thread.regenerate(idAt(thread, 1)), thread.edit(idAt(thread, 0), 'x'))).toEqual([
        'turn_in_progress',
        'turn_in_progress',
      ])
      await expect(thread.select(idAt(thread, 1))).rejects.toMatchObject({ code: 'turn_in_progress' })
      streamed.end()
      await running.done
    })

    it('tries again what failed: another answer, or to go on', async () => {
      const { thread, reload } = await talk()
      project().stream().fail('model_unavailable')
      expect(await thread.regenerate(idAt(thread, 3)).done).toMatchObject({ error: { code: 'model_unavailable' } })
      answer('Better')
      await thread.retry().done
      expect(shown(thread)).toEqual(['One', 'First', 'Two', 'Better'])
      expect(siblings(await reload())).toEqual([1, 1, 1, 2])

      const { id } = await stopAfter(thread, 'Half')
      project().stream().fail('model_unavailable')
      const failed = await thread.continue(id).done
      expect(failed).toMatchObject({ status: 'failed', message: { id, content: 'Half' } })
      answer(' and half')
      expect(await thread.retry().done).toMatchObject({ message: { id, content: 'Half and half' } })
      expect(shown(await reload()).at(-1)).toBe('Half and half')
    })
  })
}
