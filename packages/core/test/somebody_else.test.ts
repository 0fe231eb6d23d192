import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  answered,
  ASSISTANT,
  fakeProject,
  functionError,
  json,
  opened,
  rpcError,
  type Call,
} from './support/project.ts'
import { clientOf, historyOf, memoryStorage } from './support/watch.ts'

const STORED_AT = `loacl:abc.supabase.co:${ASSISTANT}`
/** Of the person who uses the device after the first one has signed out in another tab. */
const FRESH = 'f'.repeat(43)
const ADA = { sessionId: 's1', type: 'authenticated' }
const BOB = { sessionId: 's2', type: 'authenticated' }
const isBobs = ({ headers, signal }: Call) => headers.get('x-loacl-session') === FRESH && !signal?.aborted
const openedAs = (call: Call) => json(opened({ visitor: isBobs(call) ? BOB : ADA }))

let tab: EventTarget
let storage: ReturnType<typeof memoryStorage>
beforeEach(() => {
  tab = new EventTarget()
  storage = memoryStorage()
  vi.stubGlobal('addEventListener', tab.addEventListener.bind(tab))
})
afterEach(() => vi.unstubAllGlobals())

const noThreads = () => json({ items: [], nextCursor: null })

/** Another tab has another token, and this one hears of it. */
function replaceAloud(): void {
  storage.setItem(STORED_AT, FRESH)
  tab.dispatchEvent(new Event('storage'))
}

/** A project where the first to call `name` finds that another tab has replaced the token just now. */
function replacedDuring(name: string, refuse: () => Response, answer: (call: Call) => Response) {
  const isDone = { value: false }
  const project = fakeProject()
    .on('POST rpc/open_session', openedAs)
    .on(name, (call) => {
      isDone.value ||= isBobs(call)
      if (isBobs(call)) return answer(call)
      storage.setItem(STORED_AT, FRESH)
      return refuse()
    })
  return { project, isDone }
}

describe('what one person has asked for is not done as another', () => {
  it('their data', async () => {
    const { project, isDone } = replacedDuring(
      'POST rpc/erase_visitor_data',
      () => rpcError(401, 'session_replaced'),
      () => json({}),
    )
    const client = clientOf(project, { storage })
    await client.open()
    await expect(client.eraseData()).rejects.toMatchObject({ code: 'session_replaced' })
    expect(isDone.value).toBe(false)
    expect(storage.items.get(STORED_AT)).toBe(FRESH)
  })

  it('their first message', async () => {
    const { project, isDone } = replacedDuring(
      'POST turns',
      () => functionError(401, 'session_replaced'),
      (call) => answered('Hello').answer(call),
    )
    const client = clientOf(project, { storage })
    await client.open()
    expect((await client.threads.create().send('Hi').done).status).toBe('failed')
    expect(isDone.value).toBe(false)
  })
})

it('erasing takes no token but that of whose data it was', async () => {
  const project = fakeProject().on('POST rpc/erase_visitor_data', () => {
    storage.setItem(STORED_AT, FRESH)
    return json({})
  })
  await clientOf(project, { storage }).eraseData()
  expect(storage.items.get(STORED_AT)).toBe(FRESH)
})

describe('a conversation is gone from the screen', () => {
  it('once the connection is there again, where another tab’s sign-out was heard of without one', async () => {
    const project = fakeProject().on('POST rpc/open_session', openedAs)
    const client = clientOf(project, { storage })
    await client.open()
    const thread = client.threads.get('of-ada')
    project.on(
      'POST rpc/open_session',
      () => Promise.reject(new TypeError('Failed to fetch')),
      () => json(opened()),
    )
    replaceAloud()
    await expect.poll(() => project.named('POST rpc/open_session')).toHaveLength(2)
    await client.open()
    expect(client.threads.get('of-ada')).not.toBe(thread)
  })

  it('where another tab has signed out after nobody could be identified here', async () => {
    const project = fakeProject().on('POST identify', () => functionError(401, 'identity_token_expired'))
    const client = clientOf(project, { storage })
    await client.open()
    await expect(client.identify({ identityToken: 'a.b.c' })).rejects.toMatchObject({ code: 'identity_token_expired' })
    const thread = client.threads.get('of-ada')
    replaceAloud()
    await client.open()
    expect(client.threads.get('of-ada')).not.toBe(thread)
  })

  it.each([
    ['a person', ADA],
    ['a guest', { sessionId: 's3', type: 'guest' }],
  ])('where another tab has signed out %s while this one was opening', async (_, visitor) => {
    let answer!: (response: Response) => void
    const project = fakeProject().on(
      'POST rpc/open_session',
      () => new Promise<Response>((resolve) => (answer = resolve)),
      () => json(opened()),
    )
    const client = clientOf(project, { storage })
    const opening = client.open()
    await expect.poll(() => project.named('POST rpc/open_session')).toHaveLength(1)
    const states = historyOf(client)
    replaceAloud()
    answer(json(opened({ visitor })))
    await opening
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: { sessionId: null, type: 'guest' } })
    expect(states.map(({ status }) => status)).toEqual(['opening', 'open', 'idle', 'open'])
  })

  it.each([
    ['at the next call, where nobody has told this page', null],
    ['at once, where the browser had put this page aside', 'pageshow'],
  ])('%s', async (_, event) => {
    const project = fakeProject().on('POST rpc/open_session', openedAs).on('POST rpc/list_threads', noThreads)
    const client = clientOf(project, { storage })
    await client.open()
    const thread = client.threads.get('of-ada')
    storage.setItem(STORED_AT, FRESH)
    if (event) tab.dispatchEvent(new Event(event))
    else await client.threads.list()
    await expect.poll(() => client.getSnapshot()).toMatchObject({ visitor: BOB })
    expect(client.threads.get('of-ada')).not.toBe(thread)
  })

  it('of a person whose session has ended, and who is a guest now', async () => {
    const project = fakeProject()
      .on('POST rpc/open_session', openedAs, () => json(opened()))
      .on('POST rpc/list_threads', () => rpcError(401, 'session_expired'))
    const client = clientOf(project, { storage })
    await client.open()
    const thread = client.threads.get('of-ada')
    await expect(client.threads.list()).rejects.toMatchObject({ code: 'session_expired' })
    expect(client.threads.get('of-ada')).not.toBe(thread)
  })

  it('of a guest whose session was made after this page had opened', async () => {
    const project = fakeProject().on('POST turns', answered('Hello').answer)
    const client = clientOf(project, { storage })
    const thread = client.threads.create()
    await thread.send('Hi').done
    project.on('POST rpc/open_session', openedAs)
    replaceAloud()
    await expect.poll(() => client.getSnapshot()).toMatchObject({ visitor: BOB })
    expect(client.threads.get(thread.getSnapshot().id)).not.toBe(thread)
  })
})
