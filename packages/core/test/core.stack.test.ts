import { createClient as createSupabase } from '@supabase/supabase-js'
import { describe, expect, it } from 'vitest'
import { workerStack } from '../../local/test/worker_stack.ts'
import { createClient, type LoaclClient, type TurnEvent } from '../src/index.ts'
import { memoryStorage, messagesOf } from './support/watch.ts'

const { apiUrl, publishableKey, assistantId } = workerStack()

const visitor = (
  storage = memoryStorage(),
  change: { assistant?: string; key?: string; fetch?: typeof fetch } = {},
): LoaclClient => createClient({ url: apiUrl, key: publishableKey, assistant: assistantId, storage, ...change })

const threadsOf = (client: LoaclClient) => {
  const state = client.getSnapshot()
  return state.status === 'open' ? state.threads : []
}

describe('against a real project', () => {
  it('opens, asks, reads the answer as it streams, and finds it all again after a reload', async () => {
    const storage = memoryStorage()
    const client = visitor(storage)
    await client.open()
    expect(client.getSnapshot()).toMatchObject({
      status: 'open',
      assistant: { id: assistantId },
      visitor: { sessionId: null, type: 'guest' },
      threads: [],
    })
    const thread = client.threads.create()
    const turn = thread.send('[[echo]] # Hello *world*')
    const events: TurnEvent[] = []
    for await (const event of turn) events.push(event)
    const result = await turn.done
    expect(result).toMatchObject({ status: 'completed', message: { status: 'completed', content: '# Hello *world*' } })
    const deltas = events.flatMap((event) => (event.type === 'text' ? [event.delta] : []))
    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe('# Hello *world*')
    expect(events.at(-1)).toEqual({ type: 'end', result })
    expect(events.map(({ type }) => type)).toContain('follow-ups')
    expect(events.map(({ type }) => type)).toContain('title')
    const { id, title } = thread.getSnapshot()
    expect(title).toEqual(expect.any(String))
    expect(threadsOf(client)).toMatchObject([{ id, title }])

    const [suggestion] = thread.getSnapshot().messages[1]!.suggestions
    await thread.send({ text: '[[echo]] Twice', suggestionId: suggestion!.id }).done

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
    await thread.send('[[echo]] Secret').done
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
    const first = visitor(storage)
    const thread = first.threads.create()
    const turn = thread.send('[[slow]] Tell me a story')
    await expect.poll(() => thread.getSnapshot().messages.length).toBe(2)

    const second = visitor(storage)
    const joined = second.threads.get(thread.getSnapshot().id)
    await joined.load()
    const resumed = joined.resume({})!
    for await (const event of resumed) if (event.type === 'text') break
    resumed.stop()
    expect(await resumed.done).toMatchObject({ status: 'stopped', message: { status: 'stopped' } })
    expect(await turn.done).toMatchObject({ status: 'stopped' })
    expect(messagesOf(joined.getSnapshot())).toEqual(messagesOf(thread.getSnapshot()))
  })

  it('goes on at the server when the page lets go', async () => {
    const storage = memoryStorage()
    const first = visitor(storage)
    const thread = first.threads.create()
    const turn = thread.send('[[echo]] Still here')
    await expect.poll(() => thread.getSnapshot().messages.length).toBe(2)
    const { id } = thread.getSnapshot()
    first.dispose()
    expect((await turn.done).status).toMatch(/failed|completed/)
    const again = visitor(storage).threads.get(id)
    await expect
      .poll(async () => {
        await again.load()
        return messagesOf(again.getSnapshot())
      })
      .toEqual(['user completed "[[echo]] Still here"', 'assistant completed "Still here"'])
  })

  it('restores a connection that broke in the middle', async () => {
    let breaks = 1
    const flaky: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      if (breaks === 0 || !String(input).endsWith('/loacl-chat/turns') || !response.body) return response
      breaks--
      // However many words come at once on a busy machine.
      let left = 2_000
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk.subarray(0, left))
          left -= chunk.length
          if (left <= 0) controller.error(new TypeError('network error'))
        },
      })
      return new Response(response.body.pipeThrough(cut), response)
    }
    const client = visitor(memoryStorage(), { fetch: flaky })
    const turn = client.threads.create().send('[[long]] Go on')
    const events: TurnEvent[] = []
    for await (const event of turn) events.push(event)
    expect(events.map(({ type }) => type)).toContain('reconnecting')
    const text = events.flatMap((event) => (event.type === 'text' ? [event.delta] : [])).join('')
    expect(text.length).toBeGreaterThan(10_000)
    expect(await turn.done).toMatchObject({ status: 'completed', message: { content: text } })
  })

  it('says what the provider said, and asks anew at retry', async () => {
    const thread = visitor().threads.create()
    expect(await thread.send('[[500]]').done).toMatchObject({
      status: 'failed',
      error: { code: 'model_unavailable', requestId: expect.any(String) },
      message: { status: 'failed', errorCode: 'model_unavailable' },
    })
    const before = thread.getSnapshot().messages
    expect(await thread.retry().done).toMatchObject({ status: 'failed', error: { code: 'model_unavailable' } })
    const after = thread.getSnapshot().messages
    expect(after).toHaveLength(2)
    expect(after[0]!.id).toBe(before[0]!.id)
    expect(after[1]!.id).not.toBe(before[1]!.id)
    await thread.load()
    expect(thread.getSnapshot().messages.map(({ id }) => id)).toEqual(after.map(({ id }) => id))
  })

  it('sends the same message twice as one', async () => {
    const client = visitor()
    const thread = client.threads.create()
    const id = crypto.randomUUID()
    const first = await thread.send('[[echo]] Once', { id }).done
    const again = await thread.send('[[echo]] Once', { id }).done
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
    await thread.send('[[echo]] Hi').done
    await thread.rename('  My title ')
    expect(thread.getSnapshot().title).toBe('My title')
    expect((await client.threads.list({ search: 'title' })).items).toMatchObject([{ title: 'My title' }])
    await thread.archive()
    expect(threadsOf(client)).toEqual([])
    expect((await client.threads.list({ archived: true })).items).toMatchObject([
      { title: 'My title', status: 'archived' },
    ])
  })

  it('pages through a long thread', async () => {
    const client = visitor()
    const thread = client.threads.create()
    for (let n = 1; n <= 26; n++) await thread.send(`[[echo]] ${n}`).done
    const again = client.threads.get(thread.getSnapshot().id)
    expect(again).toBe(thread)
    await thread.load()
    expect(thread.getSnapshot()).toMatchObject({ hasOlder: true, messages: { length: 50 } })
    await thread.loadOlder()
    expect(thread.getSnapshot().hasOlder).toBe(false)
    const questions = thread.getSnapshot().messages.filter(({ role }) => role === 'user')
    expect(questions.map(({ content }) => content)).toEqual(Array.from({ length: 26 }, (_, n) => `[[echo]] ${n + 1}`))
  })

  it.each<[string, Parameters<typeof visitor>[1], object]>([
    [
      'an assistant that is not there',
      { assistant: crypto.randomUUID() },
      { code: 'assistant_not_found', status: 404 },
    ],
    ['a wrong key', { key: 'sb_publishable_wrong' }, { code: 'key_rejected', status: 401 }],
    ['an assistant’s id that is none', { assistant: 'nonsense' }, { code: 'invalid_body', status: 400 }],
  ])('refuses %s', async (_, change, expected) => {
    await expect(visitor(memoryStorage(), change).open()).rejects.toMatchObject(expected)
  })

  it('refuses a text that is too long, and keeps it', async () => {
    const thread = visitor().threads.create()
    const text = 'x'.repeat(100_000)
    expect(await thread.send(text).done).toMatchObject({
      status: 'failed',
      error: { code: 'text_too_long', status: 413 },
    })
    expect(thread.getSnapshot().messages).toMatchObject([{ status: 'failed', content: text }])
  })

  it('works through a supabase-js client of the host’s', async () => {
    const supabase = createSupabase(apiUrl, publishableKey, { auth: { persistSession: false } })
    const client = createClient({ supabase, assistant: assistantId, storage: 'memory' })
    const thread = client.threads.create()
    expect(await thread.send('[[echo]] Hi').text()).toBe('Hi')
    await thread.load()
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "[[echo]] Hi"', 'assistant completed "Hi"'])
    const stopped = thread.send('[[slow]] Tell me a story')
    stopped.stop()
    expect((await stopped.done).status).toMatch(/failed|stopped/)
  })

  it('keeps what a visitor thinks of an answer, deletes a thread and brings it back', async () => {
    const client = visitor()
    const thread = client.threads.create()
    await thread.send('[[echo]] Hello').done
    await thread.feedback(thread.getSnapshot().messages[1]!.id, 'down', 'Too short')
    const { threads } = await client.exportData()
    expect(threads).toMatchObject([{ messages: [{}, { feedback: { value: 'down', comment: 'Too short' } }] }])
    await thread.delete()
    expect(threadsOf(client)).toEqual([])
    expect((await client.threads.list()).items).toEqual([])
    await thread.restore()
    expect(threadsOf(client)).toMatchObject([{ id: thread.getSnapshot().id, status: 'active' }])
  })

  it('signs a visitor in by their Supabase account, finds their threads on another device, and forgets them', async () => {
    const email = `${crypto.randomUUID()}@example.com`
    const supabase = createSupabase(apiUrl, publishableKey, { auth: { persistSession: false } })
    const { data } = await supabase.auth.signUp({ email, password: crypto.randomUUID() })
    const accessToken = data.session!.access_token
    const storage = memoryStorage()
    const laptop = visitor(storage)
    const thread = laptop.threads.create()
    await thread.send('[[echo]] As a guest').done
    const planted = [...storage.items.values()][0]!
    await laptop.identify({ accessToken })
    expect(threadsOf(laptop)).toMatchObject([{ id: thread.getSnapshot().id }])
    expect(await thread.send('[[echo]] As a person').done).toMatchObject({ status: 'completed' })
    expect([...storage.items.values()]).not.toContain(planted)

    const phone = createClient({
      url: apiUrl,
      key: publishableKey,
      assistant: assistantId,
      storage: 'memory',
      auth: async () => ({ accessToken }),
    })
    await phone.open()
    expect(phone.getSnapshot()).toMatchObject({ visitor: { type: 'authenticated' } })
    expect(threadsOf(phone)).toMatchObject([{ id: thread.getSnapshot().id }])
    const there = phone.threads.get(thread.getSnapshot().id)
    expect(await there.send('[[echo]] From the phone').done).toMatchObject({ status: 'completed' })
    await thread.load()
    expect(thread.getSnapshot().messages).toHaveLength(6)

    await laptop.signOut()
    await laptop.open()
    expect(laptop.getSnapshot()).toMatchObject({ visitor: { sessionId: null, type: 'guest' }, threads: [] })
    await phone.eraseData()
    await laptop.identify({ accessToken })
    expect(threadsOf(laptop)).toEqual([])
  })
})
