import { describe, expect, it } from 'vitest'
import type { LoaclClient, TurnEvent } from '../../src/index.ts'
import { memoryStorage, messagesOf } from '../support/watch.ts'
import { clientOf, type ProjectUnderTest } from './project_under_test.ts'

const threadsOf = (client: LoaclClient) => {
  const state = client.getSnapshot()
  return state.status === 'open' ? state.threads : []
}

/** What a client does with any project. */
export function clientContract(project: () => ProjectUnderTest): void {
  const visitor = (...args: Parameters<typeof clientOf> extends [unknown, ...infer Rest] ? Rest : never) =>
    clientOf(project(), ...args)
  const answer = (text: string) =>
    project()
      .stream()
      .say(text)
      .end({ title: 'A greeting', followUps: ['What now?'] })

  describe('a client', () => {
    it('opens, asks, reads the answer as it streams, and finds it all again after a reload', async () => {
      const storage = memoryStorage()
      const client = visitor(storage)
      await client.open()
      expect(client.getSnapshot()).toMatchObject({
        status: 'open',
        assistant: { id: project().assistant },
        visitor: { sessionId: null, type: 'guest' },
        threads: [],
      })
      const thread = client.threads.create()
      const streamed = project().stream().say('# Hello ')
      const turn = thread.send('Greet the world')
      const events: TurnEvent[] = []
      for await (const event of turn) {
        events.push(event)
        if (event.type === 'text' && events.length === 1)
          streamed.say('*world*').end({ title: 'A greeting', followUps: ['What now?'] })
      }
      const result = await turn.done
      expect(result).toMatchObject({
        status: 'completed',
        message: { status: 'completed', content: '# Hello *world*' },
      })
      const deltas = events.flatMap((event) => (event.type === 'text' ? [event.delta] : []))
      expect(deltas.length).toBeGreaterThan(1)
      expect(deltas.join('')).toBe('# Hello *world*')
      expect(events.at(-1)).toEqual({ type: 'end', result })
      expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['follow-ups', 'title']))
      const { id, title } = thread.getSnapshot()
      expect(title).toBe('A greeting')
      expect(threadsOf(client)).toMatchObject([{ id, title }])

      const [suggestion] = thread.getSnapshot().messages[1]!.suggestions
      answer('Twice')
      await thread.send({ text: 'Once more', suggestionId: suggestion!.id }).done

      const reloaded = visitor(storage)
      await reloaded.open()
      expect(threadsOf(reloaded)).toMatchObject([{ id, title, status: 'active' }])
      const again = reloaded.threads.get(id)
      await expect
        .poll(async () => {
          await again.load()
          return again.getSnapshot().messages[1]!.suggestions[0]!.used
        })
        .toBe(true)
      expect(messagesOf(again.getSnapshot())).toEqual(messagesOf(thread.getSnapshot()))
      expect(again.getSnapshot()).toMatchObject({ title, hasOlder: false, turn: { status: 'idle' } })
      expect(again.resume()).toBeNull()
    })

    it('shows one visitor nothing of another’s', async () => {
      const ada = visitor()
      const thread = ada.threads.create()
      answer('Secret')
      await thread.send('Tell me').done
      const { id } = thread.getSnapshot()
      const eve = visitor()
      await eve.open()
      expect(threadsOf(eve)).toEqual([])
      await expect(eve.threads.get(id).load()).rejects.toMatchObject({ code: 'thread_not_found' })
      await expect(eve.threads.get(id).rename('Mine')).rejects.toMatchObject({ code: 'thread_not_found' })
      expect(await eve.threads.get(id).send('Hi').done).toMatchObject({
        error: { code: 'thread_not_found', status: 404 },
      })
    })

    it('joins a turn that another page began, and stops it from there', async () => {
      const storage = memoryStorage()
      const thread = visitor(storage).threads.create()
      project().stream().say('Once ')
      const turn = thread.send('Tell me a story')
      await expect.poll(() => thread.getSnapshot().messages.length).toBe(2)

      const joined = visitor(storage).threads.get(thread.getSnapshot().id)
      await joined.load()
      const resumed = joined.resume({})!
      for await (const event of resumed) if (event.type === 'text') break
      resumed.stop()
      expect(await resumed.done).toMatchObject({ status: 'stopped', message: { status: 'stopped' } })
      expect(await turn.done).toMatchObject({ status: 'stopped' })
      expect(messagesOf(joined.getSnapshot())).toEqual(messagesOf(thread.getSnapshot()))
    })

    it('lets go, and the answer goes on', async () => {
      const storage = memoryStorage()
      const first = visitor(storage)
      const thread = first.threads.create()
      const streamed = project().stream().say('Still ')
      const turn = thread.send('Are you there?')
      await expect.poll(() => thread.getSnapshot().messages[1]?.content).toBe('Still ')
      const { id } = thread.getSnapshot()
      first.dispose()
      expect((await turn.done).status).toBe('failed')
      streamed.say('here').end()
      const again = visitor(storage).threads.get(id)
      await expect
        .poll(async () => {
          await again.load()
          return messagesOf(again.getSnapshot())
        })
        .toEqual(['user completed "Are you there?"', 'assistant completed "Still here"'])
    })

    it('says that the model failed, and asks anew at retry', async () => {
      const thread = visitor().threads.create()
      project().stream().fail('model_unavailable')
      expect(await thread.send('Hello').done).toMatchObject({
        status: 'failed',
        error: { code: 'model_unavailable', requestId: expect.any(String) },
        message: { status: 'failed', errorCode: 'model_unavailable' },
      })
      const before = thread.getSnapshot().messages
      project().stream().fail('model_unavailable')
      expect(await thread.retry().done).toMatchObject({ status: 'failed', error: { code: 'model_unavailable' } })
      const after = thread.getSnapshot().messages
      expect(after).toHaveLength(2)
      expect(after[0]!.id).toBe(before[0]!.id)
      expect(after[1]!.id).not.toBe(before[1]!.id)
      await thread.load()
      expect(thread.getSnapshot().messages.map(({ id }) => id)).toEqual(after.map(({ id }) => id))
      answer('Now')
      expect(await thread.retry().text()).toBe('Now')
      expect(await thread.retry().done).toMatchObject({ error: { code: 'already_answered' } })
    })

    it('sends the same message twice as one', async () => {
      const thread = visitor().threads.create()
      const id = crypto.randomUUID()
      answer('Once')
      const first = await thread.send('Hello', { id }).done
      const again = await thread.send('Hello', { id }).done
      expect(again).toMatchObject({ status: 'completed', message: { content: 'Once' } })
      expect(first.message!.id).toBe(again.message!.id)
      await thread.load()
      expect(thread.getSnapshot().messages).toHaveLength(2)
      expect(await thread.send('Something else', { id }).done).toMatchObject({
        error: { code: 'id_conflict', status: 409 },
      })
    })

    it('renames and archives', async () => {
      const client = visitor()
      const thread = client.threads.create()
      answer('Hi')
      await thread.send('Hello').done
      await thread.rename('  My title ')
      expect(thread.getSnapshot().title).toBe('My title')
      expect((await client.threads.list({ search: 'TITLE' })).items).toMatchObject([{ title: 'My title' }])
      expect((await client.threads.list({ search: 'hello' })).items).toHaveLength(1)
      expect((await client.threads.list({ search: 'nowhere' })).items).toEqual([])
      await thread.archive()
      expect(threadsOf(client)).toEqual([])
      expect((await client.threads.list({ archived: true })).items).toMatchObject([
        { title: 'My title', status: 'archived' },
      ])
    })

    it('pages through a long thread', async () => {
      const client = visitor()
      const thread = client.threads.create()
      for (let n = 1; n <= 26; n++) {
        answer(`Answer ${n}`)
        await thread.send(`${n}`).done
      }
      await thread.load()
      expect(thread.getSnapshot()).toMatchObject({ hasOlder: true, messages: { length: 50 } })
      await thread.loadOlder()
      expect(thread.getSnapshot().hasOlder).toBe(false)
      const questions = thread.getSnapshot().messages.filter(({ role }) => role === 'user')
      expect(questions.map(({ content }) => content)).toEqual(Array.from({ length: 26 }, (_, n) => `${n + 1}`))
    })

    it.each<[string, Parameters<typeof visitor>[1], object]>([
      [
        'an assistant that is not there',
        { assistant: crypto.randomUUID() },
        { code: 'assistant_not_found', status: 404 },
      ],
      ['a wrong key', { key: 'sb_publishable_wrong' }, { code: 'key_rejected', status: 401 }],
      ['an assistant’s id that is none', { assistant: 'nonsense' }, { code: 'invalid_body', status: 400 }],
    ])('is refused for %s', async (_, change, expected) => {
      await expect(visitor(memoryStorage(), change).open()).rejects.toMatchObject(expected)
    })

    it('is refused a text that is too long, and keeps it', async () => {
      const thread = visitor().threads.create()
      const text = 'x'.repeat(100_000)
      expect(await thread.send(text).done).toMatchObject({
        status: 'failed',
        error: { code: 'text_too_long', status: 413 },
      })
      expect(thread.getSnapshot().messages).toMatchObject([{ status: 'failed', content: text }])
    })

    it('keeps what a visitor thinks of an answer, deletes a thread and brings it back', async () => {
      const client = visitor()
      const thread = client.threads.create()
      answer('Hello')
      await thread.send('Greet me').done
      const { id } = thread.getSnapshot().messages[1]!
      await thread.feedback(id, 'down', 'Too short')
      const exported = await client.exportData()
      expect(exported).toMatchObject({
        sessions: [{ type: 'guest' }],
        threads: [{ messages: [{}, { feedback: { value: 'down', comment: 'Too short' } }] }],
        files: [],
        uploads: [],
      })
      await thread.feedback(id, null)
      expect((await client.exportData()).threads[0]!.messages[1]!.feedback).toBeNull()
      await thread.delete()
      expect(threadsOf(client)).toEqual([])
      expect((await client.threads.list()).items).toEqual([])
      await expect(thread.load()).rejects.toMatchObject({ code: 'thread_not_found' })
      await thread.restore()
      expect(threadsOf(client)).toMatchObject([{ id: thread.getSnapshot().id, status: 'active' }])
    })

    it('begins another conversation under the id of one that was deleted, which can still come back', async () => {
      const storage = memoryStorage()
      const [page, other] = [visitor(storage), visitor(storage)]
      answer('One')
      const deleted = page.threads.create({ id: 'support' })
      await deleted.send('First').done
      await deleted.delete()
      answer('Two')
      const next = other.threads.create({ id: 'support' })
      expect(await next.send('Second').done).toMatchObject({ status: 'completed' })
      expect(next.getSnapshot().id).not.toBe(deleted.getSnapshot().id)
      await deleted.restore()
      answer('Three')
      const again = visitor(storage).threads.create({ id: 'support' })
      await again.send('Third').done
      expect(again.getSnapshot().id).toBe(next.getSnapshot().id)
      expect((await page.threads.list()).items.map(({ id }) => id)).toEqual([
        next.getSnapshot().id,
        deleted.getSnapshot().id,
      ])
    })

    it('signs a visitor in by their Supabase account, finds their threads on another device, and forgets them', async () => {
      const accessToken = await project().accessToken()
      const storage = memoryStorage()
      const laptop = visitor(storage)
      const thread = laptop.threads.create()
      answer('Hello, guest')
      await thread.send('Hello').done
      const planted = [...storage.items.values()][0]!
      await laptop.identify({ accessToken })
      expect(threadsOf(laptop)).toMatchObject([{ id: thread.getSnapshot().id }])
      answer('Hello, person')
      expect(await thread.send('Hello again').done).toMatchObject({ status: 'completed' })
      expect([...storage.items.values()]).not.toContain(planted)

      const phone = visitor(memoryStorage(), { auth: async () => ({ accessToken }) })
      await phone.open()
      expect(phone.getSnapshot()).toMatchObject({ visitor: { type: 'authenticated' } })
      expect(threadsOf(phone)).toMatchObject([{ id: thread.getSnapshot().id }])
      answer('Hello, phone')
      const there = phone.threads.get(thread.getSnapshot().id)
      expect(await there.send('From the phone').done).toMatchObject({ status: 'completed' })
      await thread.load()
      expect(thread.getSnapshot().messages).toHaveLength(6)

      const other = await project().accessToken()
      await phone.identify({ accessToken: other })
      expect(threadsOf(phone)).toEqual([])
      await phone.identify({ accessToken })

      await laptop.signOut()
      await laptop.open()
      expect(laptop.getSnapshot()).toMatchObject({ visitor: { sessionId: null, type: 'guest' }, threads: [] })
      await phone.eraseData()
      await laptop.identify({ accessToken })
      expect(threadsOf(laptop)).toEqual([])
    })

    it('follows what another of the visitor’s pages does', async () => {
      const storage = memoryStorage()
      const thread = visitor(storage).threads.create()
      answer('One')
      await thread.send('First').done
      const other = visitor(storage).threads.get(thread.getSnapshot().id)
      await other.load()
      await thread.rename('Renamed')
      await other.load()
      expect(other.getSnapshot()).toMatchObject({ title: 'Renamed', messages: { length: 2 } })
    })
  })
}
