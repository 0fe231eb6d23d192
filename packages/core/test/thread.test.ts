import { describe, expect, it, vi } from 'vitest'
import type { ThreadSummary } from '../src/index.ts'
import { createStore } from '../src/store.ts'
import { messagePage } from './support/followed_thread.ts'
import { answered, begun, complete, fakeProject, finish, json, opened, partStream, text } from './support/project.ts'
import { clientOf, historyOf } from './support/watch.ts'

const summary = (id: string, title: string | null = null): ThreadSummary => ({
  id,
  title,
  status: 'active',
  createdAt: '2026-11-21T08:00:00+00:00',
  lastMessageAt: '2026-11-21T08:00:00+00:00',
})
describe('threads', () => {
  it('are objects that stay: the same id gives the same one, before and after it has the server’s id', async () => {
    const client = clientOf(fakeProject().on('POST turns', answered('Hello').answer))
    const thread = client.threads.create()
    const made = thread.getSnapshot().id
    expect(client.threads.get(made)).toBe(thread)
    await thread.send('Hi').done
    expect(thread.getSnapshot().id).toBe('thread-1')
    expect(client.threads.get('thread-1')).toBe(thread)
    expect(client.threads.get(made)).toBe(thread)
    expect(client.threads.get('thread-2')).not.toBe(thread)
  })

  it('come to the front of the client’s list with a message, and take their title there', async () => {
    const known = [summary('thread-8', 'Shoes'), summary('thread-9', 'Hats')]
    const stream = partStream()
      .send(...begun(), text('Hello'), complete())
      .send({ type: 'data-title', data: { threadId: 'thread-1', title: 'Greetings' } }, finish)
      .done()
    const project = fakeProject()
      .on('POST rpc/open_session', () => json(opened({ threads: { items: known, nextCursor: null } })))
      .on('POST turns', stream.answer, answered('Hats!', { threadId: 'thread-9' }).answer)
    const client = clientOf(project)
    const titles = () => {
      const state = client.getSnapshot()
      return state.status === 'open' ? state.threads.map(({ title }) => title) : null
    }
    await client.threads.create().send('Hi').done
    expect(titles()).toEqual(['Greetings', 'Shoes', 'Hats'])
    expect(client.threads.get('thread-9').getSnapshot().title).toBe('Hats')
    await client.threads.get('thread-9').send('Hats?').done
    expect(titles()).toEqual(['Hats', 'Greetings', 'Shoes'])
    expect(client.getSnapshot()).toMatchObject({ threads: [{ lastMessageAt: '2026-11-22T08:00:00.000Z' }, {}, {}] })
  })

  it('are listed by page, as asked', async () => {
    const items = [summary('thread-1', 'Parcels')]
    const project = fakeProject().on('POST rpc/list_threads', () => json({ items, nextCursor: 'c1' }))
    const client = clientOf(project)
    expect(await client.threads.list()).toEqual({ items, nextCursor: 'c1' })
    expect(client.getSnapshot()).toMatchObject({ status: 'open', threads: items })
    await client.threads.list({ cursor: 'c1', search: 'parcel', archived: true })
    expect(project.named('POST rpc/list_threads').map(({ body }) => body)).toMatchObject([
      { archived: false },
      { cursor: 'c1', search: 'parcel', archived: true },
    ])
  })

  it('are renamed and archived', async () => {
    const project = fakeProject()
      .on('POST rpc/open_session', () => json(opened({ threads: { items: [summary('thread-1')], nextCursor: null } })))
      .on('POST rpc/update_thread', ({ body }) => json({ ...summary('thread-1', 'Mine'), ...body }))
    const client = clientOf(project)
    await client.open()
    const thread = client.threads.get('thread-1')
    await thread.rename(' Mine ')
    expect(thread.getSnapshot().title).toBe(' Mine ')
    expect(client.getSnapshot()).toMatchObject({ threads: [{ id: 'thread-1', title: ' Mine ' }] })
    await thread.archive()
    expect(client.getSnapshot()).toMatchObject({ threads: [] })
    expect(project.named('POST rpc/update_thread').map(({ body }) => body)).toEqual([
      { thread_id: 'thread-1', title: ' Mine ' },
      { thread_id: 'thread-1', status: 'archived' },
    ])
  })

  it('can’t be renamed before they are stored', async () => {
    const project = fakeProject()
    await expect(clientOf(project).threads.create().rename('Mine')).rejects.toMatchObject({ code: 'thread_not_found' })
    expect(project.calls).toEqual([])
  })
})

describe('snapshots', () => {
  it('stay the same object while nothing changes, and never change themselves', async () => {
    const stream = partStream()
    const project = fakeProject()
      .on('POST turns', stream.answer)
      .on('POST rpc/list_messages', () => messagePage([]))
    const thread = clientOf(project).threads.create()
    const states = historyOf(thread)
    const turn = thread.send('Hi')
    const frozen = states.map((state) => JSON.stringify(state.messages))
    stream.send(...begun(), text('Hello'), { type: 'text-end', id: 't1' })
    stream.send(complete(), finish).done()
    await turn.done
    expect(states.slice(0, frozen.length).map((state) => JSON.stringify(state.messages))).toEqual(frozen)
    expect(new Set(states).size).toBe(states.length)
    expect(thread.getSnapshot()).toBe(thread.getSnapshot())
    const [question] = thread.getSnapshot().messages
    expect(states.filter(({ messages }) => messages[0] === question).length).toBeGreaterThan(2)
  })

  it('are not told of where nothing changes', () => {
    const store = createStore({ n: 1 })
    const states = historyOf(store)
    store.set(store.getSnapshot())
    store.set({ n: 2 })
    expect(states).toEqual([{ n: 1 }, { n: 2 }])
  })

  it('are told to each listener, whatever another one throws, until it unsubscribes', async () => {
    const thread = clientOf(fakeProject().on('POST turns', answered('Hello').answer)).threads.create()
    const { getSnapshot, subscribe } = thread
    const told: string[] = []
    const fault = new Error('A host’s own.')
    const silence = subscribe(() => {
      throw fault
    })
    const unsubscribe = subscribe(() => told.push('first'))
    subscribe(() => told.push('second'))
    const thrown: unknown[] = []
    const { queueMicrotask: queue } = globalThis
    vi.stubGlobal('queueMicrotask', (task: () => void) =>
      queue(() => {
        try {
          task()
        } catch (error) {
          thrown.push(error)
        }
      }),
    )
    const turn = thread.send('Hi')
    silence()
    unsubscribe()
    expect(await turn.text()).toBe('Hello')
    vi.unstubAllGlobals()
    expect(getSnapshot().messages).toHaveLength(2)
    expect(told.slice(0, 5)).toEqual(['first', 'second', 'first', 'second', 'second'])
    expect(thrown).toEqual([fault, fault])
  })
})
