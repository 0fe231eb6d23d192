import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowser } from './support/browser.ts'
import { eventPage, known, message, messagePage, question, settle, THREAD, watched } from './support/followed_thread.ts'
import { answered, fakeProject } from './support/project.ts'
import { messagesOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('while a person writes in a thread', () => {
  it('a tab polls it, less often while nothing comes, and not while it is hidden', async () => {
    const browser = fakeBrowser()
    let items = [message('m1', 'Maria here.', { author: 'person' })]
    let lastEvent = 1
    const project = known()
      .on('POST rpc/list_messages', () => messagePage(items, { lastEvent }))
      .on('POST rpc/list_events', ({ body }) => eventPage(body.after === lastEvent ? [] : ['message_added'], lastEvent))
    const { client, events } = browser.tab(project)
    const thread = await watched(client)
    const polls = () => project.named('POST rpc/list_events').length
    await settle(3_000)
    expect(polls()).toBe(1)
    await settle(6_000 + 12_000 + 24_000 + 48_000)
    expect(polls()).toBe(5)
    await settle(600_000)
    expect(polls()).toBe(15)

    items = [message('m2', 'Found it.', { author: 'person' }), ...items]
    lastEvent = 2
    await settle(60_000)
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'assistant completed "Maria here."',
      'assistant completed "Found it."',
    ])
    await settle(3_000)
    expect(polls()).toBe(17)

    browser.page.visibilityState = 'hidden'
    await settle(3_600_000)
    expect(polls()).toBe(17)
    browser.page.visibilityState = 'visible'
    events.dispatchEvent(new Event('visibilitychange'))
    await settle(12_100)
    expect(polls()).toBe(19)
  })
})

describe('a tab', () => {
  it('sends nothing while it is hidden, and polls once when the visitor comes back', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    first.on('POST turns', answered('Yes').answer).on('POST rpc/list_messages', () => messagePage([]))
    second
      .on('POST rpc/list_messages', () => messagePage([]))
      .on('POST rpc/list_events', () => eventPage(['message_added'], 1))
    const asking = await watched(browser.tab(first).client)
    const { client, events } = browser.tab(second)
    const reading = await watched(client)
    browser.page.visibilityState = 'hidden'
    const before = second.calls.length
    await asking.send('Hi').done
    await settle(3_600_000)
    expect(second.calls).toHaveLength(before)

    second.on('POST rpc/list_messages', () => messagePage([question], { lastEvent: 1 }))
    browser.page.visibilityState = 'visible'
    for (const type of ['visibilitychange', 'focus']) events.dispatchEvent(new Event(type))
    await settle()
    expect(messagesOf(reading.getSnapshot())).toEqual(['user completed "Where is it?"'])
    expect(second.calls.slice(before).map(({ name }) => name)).toEqual([
      'POST rpc/list_events',
      'POST rpc/list_messages',
    ])
  })

  it('sends nothing while it is idle, and asks for the events after the latest one that it knows when the visitor comes back', async () => {
    const browser = fakeBrowser()
    const project = known()
      .on('POST rpc/list_messages', () => messagePage([question], { lastEvent: 7 }))
      .on('POST rpc/list_events', () => eventPage([], 7))
    const { client, events } = browser.tab(project)
    await watched(client)
    const before = project.calls.length
    await settle(3_600_000)
    expect(project.calls).toHaveLength(before)
    events.dispatchEvent(new Event('focus'))
    await settle()
    expect(project.calls.slice(before).map(({ name, body }) => [name, body.after])).toEqual([
      ['POST rpc/list_events', 7],
    ])
  })

  it('that nobody has asked anything in does not poll', async () => {
    const browser = fakeBrowser()
    const project = fakeProject()
    const { client, events } = browser.tab(project)
    client.threads.create().subscribe(() => {})
    await client.open()
    events.dispatchEvent(new Event('focus'))
    await settle()
    expect(project.calls.map(({ name }) => name)).toEqual(['POST rpc/open_session'])
  })

  it('that nobody watches any more does not poll', async () => {
    const browser = fakeBrowser()
    const project = known().on('POST rpc/list_messages', () => messagePage([question]))
    const { client, events } = browser.tab(project)
    const thread = client.threads.get(THREAD)
    thread.subscribe(() => {})()
    await thread.load()
    const before = project.calls.length
    events.dispatchEvent(new Event('focus'))
    await settle()
    expect(project.calls).toHaveLength(before)
  })
})
