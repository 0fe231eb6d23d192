import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeBrowser } from './support/browser.ts'
import { eventPage, known, messagePage, question, settle, summary, THREAD, watched } from './support/followed_thread.ts'
import { answered, fakeProject, json, opened } from './support/project.ts'
import { clientOf, messagesOf } from './support/watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('what comes on the channel', () => {
  const NAME = `loacl:${opened().assistant.id}`

  it('names the thread, and says nothing of the token or of what was written', async () => {
    const browser = fakeBrowser()
    const told: unknown[] = []
    const spy = new BroadcastChannel(NAME)
    spy.addEventListener('message', ({ data }) => told.push(data))
    const project = fakeProject().on('POST turns', answered('Secret').answer)
    const { client, events } = browser.tab(project)
    await client.threads.create().send('Secret').done
    await settle()
    expect(told).toEqual([])
    events.dispatchEvent(new Event('blur'))
    await settle()
    expect(told).toEqual([[expect.any(Number), THREAD]])
    expect(Number.isInteger((told[0] as [number])[0])).toBe(true)
  })

  it('is ignored where it is another visitor’s', async () => {
    const browser = fakeBrowser()
    const [first, second] = [known(), known()]
    first.on('POST turns', answered('Yes').answer)
    second.on('POST rpc/list_messages', () => messagePage([]))
    const { client, events } = browser.tab(second)
    await watched(client)
    const before = second.calls.length
    // Its token is its own: the storage of the page's script, or a detached session.
    const another = clientOf(first, { storage: 'memory' })
    const heard = vi.fn<() => void>()
    new BroadcastChannel(NAME).addEventListener('message', heard)
    await another.threads.create().send('Hi').done
    events.dispatchEvent(new Event('blur'))
    await settle()
    expect(heard).toHaveBeenCalled()
    expect(second.calls).toHaveLength(before)
  })

  it('is ignored where it is garbage, and costs one request at a time where it is forged', async () => {
    const browser = fakeBrowser()
    const [first, project] = [fakeProject().on('POST turns', answered('Yes').answer), known()]
    project
      .on('POST rpc/list_messages', () => messagePage([question]))
      .on('POST rpc/list_threads', () => json({ items: [summary()], nextCursor: null }))
      .on('POST rpc/list_events', () => eventPage([], 0))
    const { client } = browser.tab(project)
    const thread = await watched(client)
    const before = project.calls.length
    const garbage = [
      null,
      undefined,
      1,
      'x',
      [],
      {},
      [null],
      [NaN, THREAD],
      ['0', THREAD],
      [0, THREAD],
      new Map(),
      { 0: 1 },
      [[]],
    ]
    for (const data of garbage) browser.say(NAME, data)
    await settle()
    expect(project.calls).toHaveLength(before)

    let stolen!: number
    const spy = new BroadcastChannel(NAME)
    spy.addEventListener('message', ({ data }) => (stolen = data[0]))
    const asking = browser.tab(first)
    await asking.client.threads.create().send('Hi').done
    asking.events.dispatchEvent(new Event('blur'))
    await settle()
    const sent = project.calls.length
    for (const id of [{ toString: 1 }, null, [THREAD], '<img>', '../turns', ...Array<string>(1_000).fill(THREAD)])
      browser.say(NAME, [stolen, id])
    await settle()
    expect(project.calls.slice(sent).map(({ name, body }) => [name, body.thread_id])).toEqual([
      ['POST rpc/list_threads', undefined],
      ['POST rpc/list_events', THREAD],
    ])
    expect(messagesOf(thread.getSnapshot())).toEqual(['user completed "Where is it?"'])
  })

  it('is closed while the page is in the back/forward cache', async () => {
    const browser = fakeBrowser()
    const { client, events } = browser.tab(known().on('POST rpc/list_messages', () => messagePage([])))
    await watched(client)
    expect(browser.channels.size).toBe(1)
    events.dispatchEvent(new Event('pagehide'))
    expect(browser.channels.size).toBe(0)
    events.dispatchEvent(new Event('pageshow'))
    expect(browser.channels.size).toBe(1)
  })
})

describe('without a channel', () => {
  it('where it is blocked, a tab answers, and polls when the visitor comes back', async () => {
    const browser = fakeBrowser({ hasChannels: false })
    const project = known()
      .on('POST turns', answered('Yes').answer)
      .on('POST rpc/list_messages', () => messagePage([]))
      .on('POST rpc/list_events', () => eventPage([], 0))
    const { client, events } = browser.tab(project)
    const thread = await watched(client)
    expect((await thread.send('Hi').done).status).toBe('completed')
    events.dispatchEvent(new Event('focus'))
    await settle()
    expect(project.named('POST rpc/list_events')).toHaveLength(1)
  })

  it('outside a page nothing listens, and nothing keeps the process alive', async () => {
    const made = vi.fn<() => void>()
    vi.stubGlobal('BroadcastChannel', made)
    const client = clientOf(fakeProject().on('POST turns', answered('Yes').answer))
    const thread = client.threads.create()
    thread.subscribe(() => {})
    await thread.send('Hi').done
    expect(made).not.toHaveBeenCalled()
  })
})
