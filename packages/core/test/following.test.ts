import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LoaclClient } from '../src/index.ts'
import { fakeBrowser } from './support/browser.ts'
import {
  eventPage,
  known,
  message,
  messagePage,
  question,
  settle,
  streaming,
  summary,
  THREAD,
  watched,
} from './support/followed_thread.ts'
import {
  answered,
  begun,
  complete,
  fakeProject,
  finish,
  IDS,
  json,
  partStream,
  rpcError,
  text,
} from './support/project.ts'
import { historyOf, lineOf, messagesOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a tab', () => {
  it('shows the question that another one asks, and its answer as it streams', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    const stream = partStream()
    first.on('POST rpc/list_messages', () => messagePage([])).on('POST turns', stream.answer)
    const answer = partStream()
    second
      .on(
        'POST rpc/list_messages',
        () => messagePage([]),
        () => messagePage([streaming, question], { activeTurnId: IDS.turnId, lastEvent: 2 }),
      )
      .on(
        'POST rpc/list_events',
        () => eventPage(['message_added', 'turn_began'], 2),
        () => eventPage(['turn_ended', 'thread_renamed'], 4, { thread: summary({ title: 'Found' }) }),
      )
      .on(`GET turns/${IDS.turnId}`, answer.answer)
    const asking = await watched(browser.tab(first).client)
    const { client } = browser.tab(second)
    const reading = await watched(client)
    const history = historyOf(reading)

    asking.send('Where is it?')
    await settle()
    expect(second.named('POST rpc/list_events')).toHaveLength(0)
    stream.send(...begun())
    await settle()
    expect(messagesOf(reading.getSnapshot())).toEqual(['user completed "Where is it?"', 'assistant streaming ""'])
    answer.send(...begun(), text('On '))
    await settle()
    expect(messagesOf(reading.getSnapshot())[1]).toBe('assistant streaming "On "')
    expect(reading.getSnapshot().turn.status).toBe('streaming')

    second.on('POST rpc/list_messages', () =>
      messagePage([message(IDS.messageId, 'On its way.'), question], {
        lastEvent: 4,
        thread: summary({ title: 'Found' }),
      }),
    )
    answer.send(text('its way.'), complete(), finish).done()
    stream.send(text('On its way.'), complete(), finish).done()
    await settle()
    expect(lineOf(reading.getSnapshot())).toBe(
      'idle | user completed "Where is it?" | assistant completed "On its way."',
    )
    expect(reading.getSnapshot().title).toBe('Found')
    expect(client.getSnapshot()).toMatchObject({ threads: [{ id: THREAD, title: 'Found' }] })
    // Once each, in order, in every state that there was.
    for (const state of history) {
      const ids = state.messages.map(({ id }) => id)
      expect(ids).toEqual([question.id, streaming.id].slice(0, ids.length))
    }
    expect(asking.getSnapshot().messages.map(({ id }) => id)).toEqual([question.id, streaming.id])
    expect(first.named('POST rpc/list_events')).toHaveLength(0)
  })

  it('can still try again what was refused while another one was being answered', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    const stream = partStream()
    first.on('POST rpc/list_messages', () => messagePage([])).on('POST turns', stream.answer)
    const answer = partStream()
    second
      .on(
        'POST rpc/list_messages',
        () => messagePage([]),
        () => messagePage([streaming, question], { activeTurnId: IDS.turnId, lastEvent: 2 }),
      )
      .on('POST rpc/list_events', () => eventPage(['message_added', 'turn_began'], 2))
      .on('POST turns', () => json({ error: { code: 'turn_in_progress', message: 'Wait.' } }, 409))
      .on(`GET turns/${IDS.turnId}`, answer.answer)
    const asking = await watched(browser.tab(first).client)
    const reading = await watched(browser.tab(second).client)
    asking.send('Where is it?')
    const { status } = await reading.send('And mine?').done
    expect(status).toBe('failed')
    stream.send(...begun())
    await settle()
    expect(reading.getSnapshot().turn.status).toBe('streaming')

    second.on('POST rpc/list_messages', () => messagePage([message(IDS.messageId, 'Yes.'), question], { lastEvent: 2 }))
    answer.send(...begun(), text('Yes.'), complete(), finish).done()
    await settle()
    expect(reading.getSnapshot().turn).toMatchObject({ status: 'failed', error: { code: 'turn_in_progress' } })
    second.on('POST turns', answered('Mine too.', { messageId: 'm2', userMessageId: 'u2', turnId: 't2' }).answer)
    expect((await reading.retry().done).status).toBe('completed')
  })

  it('finds a new conversation of another one in its list, once the visitor turns to it', async () => {
    const browser = fakeBrowser()
    const [first, second] = [fakeProject().on('POST turns', answered('Yes', { threadId: 'thread-2' }).answer), known()]
    second
      .on('POST rpc/list_messages', () => messagePage([]))
      .on('POST rpc/list_events', () => eventPage([], 0))
      .on('POST rpc/list_threads', () => json({ items: [summary({ id: 'thread-2' })], nextCursor: null }))
    const { client } = browser.tab(second)
    await watched(client)
    const asking = browser.tab(first)
    await asking.client.threads.create().send('Hi').done
    await settle()
    expect(second.named('POST rpc/list_threads')).toHaveLength(0)
    asking.events.dispatchEvent(new Event('blur'))
    await settle()
    expect(client.getSnapshot()).toMatchObject({ threads: [{ id: 'thread-2' }] })
  })

  it('follows renaming, archiving and restoring, and loads no message for them', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    first
      .on(
        'POST rpc/update_thread',
        () => json(summary({ title: 'Mine' })),
        () => json(summary({ status: 'archived' })),
      )
      .on('POST rpc/restore_thread', () => json(summary()))
      .on('POST rpc/list_messages', () => messagePage([]))
    second
      .on('POST rpc/list_messages', () => messagePage([question]))
      .on(
        'POST rpc/list_events',
        () => eventPage(['thread_renamed'], 1, { thread: summary({ title: 'Mine' }) }),
        () => eventPage(['thread_archived'], 2, { thread: summary({ status: 'archived' }) }),
        () => eventPage([], 2),
      )
    const acting = await watched(browser.tab(first).client)
    const { client } = browser.tab(second)
    const reading = await watched(client)
    await acting.rename('Mine')
    await settle()
    expect(reading.getSnapshot().title).toBe('Mine')
    expect(client.getSnapshot()).toMatchObject({ threads: [{ title: 'Mine' }] })
    await acting.archive()
    await settle()
    expect(client.getSnapshot()).toMatchObject({ threads: [] })
    expect(second.named('POST rpc/list_messages')).toHaveLength(1)
    expect(messagesOf(reading.getSnapshot())).toHaveLength(1)
  })

  it('shows nothing more of a conversation that is deleted in another one, and begins a new one from there', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    first.on('POST rpc/delete_thread', () => json({ id: THREAD })).on('POST rpc/list_messages', () => messagePage([]))
    second
      .on('POST rpc/list_messages', () => messagePage([question]))
      .on('POST rpc/list_events', () => rpcError(404, 'thread_not_found'))
      .on('POST turns', answered('Hello', { threadId: 'thread-2' }).answer)
    const acting = await watched(browser.tab(first).client)
    const { client } = browser.tab(second)
    const reading = await watched(client)
    await acting.delete()
    await settle()
    expect(reading.getSnapshot()).toMatchObject({ messages: [], title: null, hasOlder: false })
    expect(client.getSnapshot()).toMatchObject({ threads: [] })
    await reading.send('Hi').done
    expect(second.named('POST turns')[0]!.body).toMatchObject({ threadId: null })
    expect(reading.getSnapshot().id).toBe('thread-2')
  })

  it('shows nothing of an answer either that was still being written when its conversation was deleted', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    first.on('POST rpc/delete_thread', () => json({ id: THREAD })).on('POST rpc/list_messages', () => messagePage([]))
    const stream = partStream()
    second
      .on('POST rpc/list_messages', () => messagePage([]))
      .on('POST rpc/list_events', () => rpcError(404, 'thread_not_found'))
      .on('POST turns', stream.answer)
    const acting = await watched(browser.tab(first).client)
    const reading = await watched(browser.tab(second).client)
    const turn = reading.send('Where is it?')
    stream.send(...begun(), text('On '))
    await settle()
    await acting.delete()
    await settle()
    expect(lineOf(reading.getSnapshot())).toBe('idle')
    stream.send(text('its'), { type: 'abort' }).done()
    await turn.done
    await settle()
    expect(lineOf(reading.getSnapshot())).toBe('idle')
  })

  it('keeps the older messages that it has loaded', async () => {
    const browser = fakeBrowser()
    const project = known()
      .on(
        'POST rpc/list_messages',
        () => messagePage([question], { nextCursor: 'c' }),
        () => messagePage([message('old', 'Before')], { nextCursor: 'd' }),
        () => messagePage([streaming, question], { nextCursor: 'c', lastEvent: 2 }),
      )
      .on('POST rpc/list_events', () => eventPage(['message_changed'], 2))
    const { client, events } = browser.tab(project)
    const thread = await watched(client)
    await thread.loadOlder()
    events.dispatchEvent(new Event('focus'))
    await settle()
    expect(thread.getSnapshot().messages.map(({ id }) => id)).toEqual(['old', question.id, streaming.id])
    await thread.loadOlder()
    expect(project.named('POST rpc/list_messages').at(-1)!.body).toMatchObject({ cursor: 'd' })
  })

  it('asks nothing and hears nothing after it has signed out, nor after it was disposed of', async () => {
    for (const leave of [(client: LoaclClient) => client.signOut(), async (client: LoaclClient) => client.dispose()]) {
      const browser = fakeBrowser()
      const [first, second] = [known(), known()]
      first.on('POST turns', answered('Yes').answer).on('POST rpc/list_messages', () => messagePage([]))
      second.on('POST rpc/list_messages', () => messagePage([message('m', 'Hi', { author: 'person' })]))
      const { client, events } = browser.tab(second)
      await watched(client)
      await leave(client)
      const before = second.calls.length
      events.dispatchEvent(new Event('focus'))
      await browser.tab(first).client.threads.create().send('Hi').done
      await settle(3_600_000)
      expect(second.calls).toHaveLength(before)
      expect(vi.getTimerCount()).toBe(0)
    }
  })
})

it('messages that were read before a turn began don’t take its question from the screen', async () => {
  const browser = fakeBrowser()
  let give!: (response: Response) => void
  const late = new Promise<Response>((resolve) => (give = resolve))
  const stream = partStream()
  const project = known()
    .on(
      'POST rpc/list_messages',
      () => messagePage([]),
      () => late,
      () => messagePage([streaming, { ...question, clientId: 'mine' }]),
    )
    .on('POST turns', stream.answer)
  const thread = await watched(browser.tab(project).client)
  const loading = thread.load()
  await settle()
  const turn = thread.send('Where is it?', { id: 'mine' })
  stream.send(...begun(), text('Here.'))
  await settle()
  give(messagePage([]))
  await loading
  expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Where is it?"', 'assistant streaming "Here."'])
  stream.send(complete(), finish).done()
  await turn.done
})
