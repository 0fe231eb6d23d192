import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientOptions, LoaclClient } from '../src/index.ts'
import {
  answered,
  ASSISTANT,
  fakeProject,
  functionError,
  json,
  opened,
  rpcError,
  tokensOf,
  type Call,
} from './support/project.ts'
import { clientOf, memoryStorage } from './support/watch.ts'

const STORED_AT = `loacl:abc.supabase.co:${ASSISTANT}`
const tokenOf = ({ headers }: Call) => headers.get('x-loacl-session')!
const locked = () => rpcError(401, 'session_locked')
const replaced = () => functionError(401, 'session_replaced')
type Auth = Pick<ClientOptions, 'auth'>

/** The tabs of one browser: what one writes to the storage, the others hear of. */
function browser() {
  const tabs: EventTarget[] = []
  const items = new Map<string, string>()
  const written: string[] = []
  /** A tab's own globals are there while it makes its client and opens it. */
  async function openTab(project: ReturnType<typeof serverOf>, options: Auth = {}): Promise<LoaclClient> {
    const tab = new EventTarget()
    tabs.push(tab)
    const storage = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem(key: string, newValue: string) {
        items.set(key, newValue)
        written.push(newValue)
        for (const other of tabs)
          if (other !== tab) other.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }))
      },
      removeItem: (key: string) => void items.delete(key),
    }
    vi.stubGlobal('addEventListener', tab.addEventListener.bind(tab))
    const client = clientOf(project, { storage, ...options })
    await client.open()
    return client
  }
  return { openTab, written, token: () => items.get(STORED_AT)! }
}

/** A project that knows whose a token is. */
function serverOf() {
  const sessions = new Map<string, { sessionId: string; type: 'authenticated' | 'guest' }>()
  const gone = new Set<string>()
  let made = 0
  const project = fakeProject()
    .on('POST rpc/open_session', (call) =>
      gone.has(tokenOf(call))
        ? rpcError(401, 'session_replaced')
        : json(opened({ visitor: sessions.get(tokenOf(call)) ?? { sessionId: null, type: 'guest' } })),
    )
    .on('POST identify', (call) => {
      const token = tokenOf(call)
      if (gone.has(token)) return replaced()
      const { sessionId } = sessions.get(token) ?? { sessionId: `s${++made}` }
      sessions.delete(token)
      gone.add(token)
      sessions.set(call.body.newToken as string, { sessionId, type: 'authenticated' })
      return json({})
    })
    .on('POST sign-out', (call) => {
      sessions.delete(tokenOf(call))
      gone.add(tokenOf(call))
      return new Response(null, { status: 204 })
    })
    .on('POST turns', (call) => (gone.has(tokenOf(call)) ? replaced() : answered('Hello').answer(call)))
  return Object.assign(project, { sessions })
}

const visitorOf = (client: LoaclClient) => {
  const state = client.getSnapshot()
  return state.status === 'open' ? state.visitor : state.status
}

afterEach(() => vi.unstubAllGlobals())

describe('another tab', () => {
  it('that identifies the visitor does so for all, and keeps what they have open', async () => {
    const { openTab } = browser()
    const project = serverOf()
    const [one, other] = [await openTab(project), await openTab(project)]
    const thread = one.threads.create()
    await other.identify({ identityToken: 'a.b.c' })
    await expect.poll(() => visitorOf(one)).toEqual({ sessionId: 's1', type: 'authenticated' })
    expect((await thread.send('Hi').done).status).toBe('completed')
    expect(project.sessions.has(tokenOf(project.named('POST turns')[0]!))).toBe(true)
  })

  it('that signs out takes the conversation from the screen of all', async () => {
    const { openTab } = browser()
    const project = serverOf()
    const [one, other] = [await openTab(project), await openTab(project)]
    await one.identify({ identityToken: 'a.b.c' })
    await expect.poll(() => visitorOf(other)).toMatchObject({ sessionId: 's1' })
    const thread = other.threads.get('of-a')
    const states: string[] = []
    other.subscribe(() => states.push(other.getSnapshot().status))
    await one.signOut()
    await expect.poll(() => visitorOf(other)).toEqual({ sessionId: null, type: 'guest' })
    expect(states).toContain('idle')
    expect(other.threads.get('of-a')).not.toBe(thread)
  })

  it('that signs a guest out does so for those, too, whose session was made after they opened', async () => {
    const { openTab } = browser()
    const project = serverOf()
    const [one, other] = [await openTab(project), await openTab(project)]
    const thread = other.threads.create()
    await thread.send('Hi').done
    expect(visitorOf(other)).toEqual({ sessionId: null, type: 'guest' })
    await one.signOut()
    await expect.poll(() => other.threads.get(thread.getSnapshot().id) === thread).toBe(false)
  })

  it('that identifies the visitor at the same moment is waited for, and signs nobody out', async () => {
    const { openTab } = browser()
    const project = serverOf()
    const [one, other] = [await openTab(project), await openTab(project)]
    await Promise.all([one.identify({ identityToken: 'a.b.c' }), other.identify({ identityToken: 'a.b.c' })])
    await expect.poll(() => [one, other].map(visitorOf)).toMatchObject([{ sessionId: 's1' }, { sessionId: 's1' }])
    expect(project.named('POST sign-out')).toHaveLength(0)
  })

  it('is told once: tabs don’t send each other round in circles', async () => {
    const { openTab, written } = browser()
    const project = serverOf()
    const person: Auth = { auth: async () => ({ identityToken: 'a.b.c' }) }
    const tabs = [await openTab(project, person), await openTab(project, person), await openTab(project)]
    await expect.poll(() => tabs.map(visitorOf)).toEqual(tabs.map(() => ({ sessionId: 's1', type: 'authenticated' })))
    // The first token, and one for each time that somebody was identified.
    expect(written).toHaveLength(3)
    const [one, ...others] = tabs
    await one!.signOut()
    await expect.poll(() => others.map(visitorOf)).toEqual(others.map(() => ({ sessionId: null, type: 'guest' })))
    expect(written).toHaveLength(4)
  })
})

describe('a message that is on its way while another tab replaces the token', () => {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
  afterEach(() => void vi.restoreAllMocks())

  it('goes out again with the fresh one, and nobody notices', async () => {
    const { openTab } = browser()
    const project = serverOf()
    const [one, other] = [await openTab(project), await openTab(project)]
    const begin = project.named('POST rpc/open_session').length
    // The answer to the other's request is a while on its way.
    let arrive!: (response: Response) => void
    const answer = new Promise<Response>((resolve) => (arrive = resolve))
    let first!: string
    project.on('POST turns', async (call) => {
      if (first) return answered('Hello').answer(call)
      first = tokenOf(call)
      setTimeout(() => arrive(json({})), 100)
      return replaced()
    })
    project.on('POST identify', (call) => {
      project.sessions.set(call.body.newToken as string, { sessionId: 's1', type: 'authenticated' })
      return answer
    })
    const identifying = other.identify({ identityToken: 'a.b.c' })
    const { status } = await one.threads.create().send('Hi').done
    await identifying
    expect(status).toBe('completed')
    const [old, fresh] = tokensOf({ calls: project.named('POST turns') })
    expect(old).toBe(first)
    expect(project.sessions.get(fresh!)).toMatchObject({ type: 'authenticated' })
    expect(project.named('POST rpc/open_session').length).toBeGreaterThan(begin)
  })
})

describe('a session that is a signed-in user’s', () => {
  it('is left to the pages that have their access token: without one, a guest of this page’s own opens', async () => {
    const token = 'a'.repeat(43)
    const storage = memoryStorage({ [STORED_AT]: token })
    const project = fakeProject()
      .on('POST rpc/open_session', (call) => (tokenOf(call) === token ? locked() : json(opened())))
      .on('POST turns', answered('Hello').answer)
    const client = clientOf(project, { storage })
    await client.threads.create().send('Hi').done
    expect(client.getSnapshot()).toMatchObject({ visitor: { type: 'guest' } })
    expect(storage.items.get(STORED_AT)).toBe(token)
    const [first, second, third] = tokensOf(project)
    expect(first).toBe(token)
    expect(second).not.toBe(token)
    expect(third).toBe(second)
  })

  it('is left to them, too, where it became one while this page was open', async () => {
    const storage = memoryStorage()
    const project = fakeProject().on('POST turns', () => functionError(401, 'session_locked'), answered('Hi').answer)
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    project.on('POST rpc/open_session', locked, () => json(opened()))
    await client.threads.create().send('Hi').done
    expect(storage.items.get(STORED_AT)).toBe(token)
  })

  it('is opened with their access token by a page that can ask for it', async () => {
    const { openTab } = browser()
    const project = serverOf()
    let credential: { accessToken: string } | null = null
    const client = await openTab(project, { auth: async () => credential })
    const other = await openTab(project)
    project.on('POST rpc/open_session', (call) =>
      call.headers.has('authorization') ? json(opened({ visitor: project.sessions.get(tokenOf(call)) })) : locked(),
    )
    project.on('POST turns', (call) =>
      call.headers.has('authorization') ? answered('Hi').answer(call) : functionError(401, 'session_locked'),
    )
    credential = { accessToken: 'jwt' }
    await other.identify(credential)
    expect((await client.threads.create().send('Hi').done).status).toBe('completed')
    expect(visitorOf(client)).toEqual({ sessionId: 's1', type: 'authenticated' })
  })

  it('is let go of where the host says that nobody is signed in', async () => {
    const token = 'a'.repeat(43)
    const storage = memoryStorage({ [STORED_AT]: token })
    const project = fakeProject().on('POST rpc/open_session', (call) =>
      tokenOf(call) === token ? locked() : json(opened()),
    )
    await clientOf(project, { storage, auth: async () => null }).open()
    expect(storage.items.get(STORED_AT)).not.toBe(token)
  })
})
