import { beforeEach, expect, it, vi } from 'vitest'
import * as onDemand from '../src/on_demand.ts'
import { answered, ASSISTANT, fakeProject, functionError, json, opened } from './support/project.ts'
import { clientOf, historyOf, memoryStorage } from './support/watch.ts'

/** How the file is fetched: as each test says. */
const fetchOnDemand = vi.hoisted(() => vi.fn<() => Promise<unknown>>())
vi.mock('../src/fetch_on_demand.ts', () => ({ fetchOnDemand }))

const notFound = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))
const PERSON = { sessionId: 's1', type: 'authenticated' }
const namesOf = ({ calls }: ReturnType<typeof fakeProject>) => calls.map(({ name }) => name)

beforeEach(() => void fetchOnDemand.mockReset().mockResolvedValue(onDemand))

it('a first answer takes nothing that is fetched on demand', async () => {
  const project = fakeProject().on('POST turns', answered('Hello').answer)
  expect(await clientOf(project, { storage: memoryStorage() }).threads.create().send('Hi').text()).toBe('Hello')
  expect(fetchOnDemand).not.toHaveBeenCalled()
})

it('a browser that has been here before fetches it while the session opens', async () => {
  const storage = memoryStorage()
  await clientOf(fakeProject(), { storage }).open()
  expect(fetchOnDemand).not.toHaveBeenCalled()
  let answer!: (response: Response) => void
  const project = fakeProject().on('POST rpc/open_session', () => new Promise((resolve) => (answer = resolve)))
  const opening = clientOf(project, { storage }).open()
  expect(fetchOnDemand).toHaveBeenCalledTimes(1)
  answer(json(opened()))
  await opening
})

it('a file that can’t be fetched is a lost connection, and the next call tries again', async () => {
  fetchOnDemand.mockImplementationOnce(notFound)
  const project = fakeProject().on('POST rpc/list_threads', () => json({ items: [], nextCursor: null }))
  const client = clientOf(project)
  await expect(client.threads.list()).rejects.toMatchObject({ code: 'network', cause: { name: 'TypeError' } })
  expect(await client.threads.list()).toEqual({ items: [], nextCursor: null })
})

it('identify whose file can’t be fetched has changed nothing, and the next one goes through', async () => {
  fetchOnDemand.mockImplementationOnce(notFound)
  const project = fakeProject().on('POST identify', () => json({}))
  const client = clientOf(project)
  await client.open()
  await expect(client.identify({ identityToken: 'a.b.c' })).rejects.toMatchObject({ code: 'network' })
  expect(project.named('POST identify')).toEqual([])
  expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: { type: 'guest' } })
  project.on('POST rpc/open_session', () => json(opened({ visitor: PERSON })))
  await client.identify({ identityToken: 'a.b.c' })
  expect(client.getSnapshot()).toMatchObject({ visitor: PERSON })
})

it('identify keeps its place while its file is fetched: what is called after it is done as that person', async () => {
  let arrive!: () => void
  fetchOnDemand.mockReturnValueOnce(new Promise((resolve) => (arrive = () => resolve(onDemand))))
  const project = fakeProject()
    .on('POST identify', () => json({}))
    .on('POST turns', answered('Hello').answer)
  const client = clientOf(project)
  await client.open()
  const identifying = client.identify({ identityToken: 'a.b.c' })
  const turn = client.threads.create().send('Hi')
  const leaving = client.identify({ identityToken: 'd.e.f' })
  await expect.poll(() => fetchOnDemand.mock.calls).toHaveLength(1)
  expect(namesOf(project)).toEqual(['POST rpc/open_session'])
  arrive()
  await Promise.all([identifying, leaving, turn.done])
  expect(project.named('POST identify').map(({ body }) => body.identityToken)).toEqual(['a.b.c', 'd.e.f'])
  expect(namesOf(project).indexOf('POST turns')).toBeGreaterThan(namesOf(project).lastIndexOf('POST identify'))
})

it('who signs out while the file is fetched that compares visitors is not shown again', async () => {
  const storage = memoryStorage()
  const project = fakeProject()
  const client = clientOf(project, { storage })
  await client.open()
  let arrive!: () => void
  fetchOnDemand.mockReturnValueOnce(new Promise((resolve) => (arrive = () => resolve(onDemand))))
  // Another tab has replaced the token: the session is opened again.
  storage.setItem(`loacl:abc.supabase.co:${ASSISTANT}`, 'f'.repeat(43))
  const opening = client.open()
  await expect.poll(() => fetchOnDemand.mock.calls).toHaveLength(1)
  await client.signOut()
  const states = historyOf(client)
  arrive()
  await opening
  expect(project.named('POST rpc/open_session')).toHaveLength(3)
  expect(states.map(({ status }) => status)).toEqual(['idle', 'opening', 'open'])
})

it('a refusal that can’t be read is a lost connection: the message goes out again, and is refused in words', async () => {
  vi.useFakeTimers()
  try {
    fetchOnDemand.mockImplementationOnce(notFound)
    const project = fakeProject().on('POST turns', () => functionError(429, 'rate_limited', { retryAfterMs: 900 }))
    const turn = clientOf(project).threads.create().send('Hi')
    await vi.advanceTimersByTimeAsync(500)
    expect(await turn.done).toMatchObject({ status: 'failed', error: { code: 'rate_limited', retryAfterMs: 900 } })
    const [first, second] = project.named('POST turns')
    expect(second!.body).toEqual(first!.body)
  } finally {
    vi.useRealTimers()
  }
})
