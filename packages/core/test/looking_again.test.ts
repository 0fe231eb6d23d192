import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowser } from './support/browser.ts'
import {
  eventPage,
  known,
  message,
  messagePage,
  question,
  settle,
  streaming,
  watched,
} from './support/followed_thread.ts'
import { begun, complete, finish, partStream, text } from './support/project.ts'
import { messagesOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('while a person writes in a thread', () => {
  it('looks are taken again and again, less often while nothing comes, and not while it is hidden', async () => {
    const browser = fakeBrowser()
    let items = [message('m1', 'Maria here.', { author: 'person' })]
    let lastEvent = 1
    const project = known()
      .on('POST rpc/list_messages', () => messagePage(items, { lastEvent }))
      .on('POST rpc/list_events', ({ body }) => eventPage(body.after === lastEvent ? [] : ['message_added'], lastEvent))
    const { client, events } = browser.tab(project)
    const thread = await watched(client)
    const looks = () => project.named('POST rpc/list_events').length
    await settle(3_000)
    expect(looks()).toBe(1)
    await settle(6_000 + 12_000 + 24_000 + 48_000)
    expect(looks()).toBe(5)
    await settle(600_000)
    expect(looks()).toBe(15)

    items = [message('m2', 'Found it.', { author: 'person' }), ...items]
    lastEvent = 2
    await settle(60_000)
    expect(messagesOf(thread.getSnapshot())).toEqual([
      'assistant completed "Maria here."',
      'assistant completed "Found it."',
    ])
    await settle(3_000)
    expect(looks()).toBe(17)

    browser.page.visibilityState = 'hidden'
    await settle(3_600_000)
    expect(looks()).toBe(17)
    browser.page.visibilityState = 'visible'
    events.dispatchEvent(new Event('visibilitychange'))
    await settle(12_100)
    expect(looks()).toBe(19)
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
