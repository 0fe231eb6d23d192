import { describe, expect, it, vi } from 'vitest'
import { createClient, LoaclError, type TokenStorage } from '../src/index.ts'
import {
  ASSISTANT,
  fakeProject,
  functionError,
  json,
  KEY,
  opened,
  rpcError,
  URL_OF_PROJECT,
} from './support/project.ts'
import { clientOf, historyOf, memoryStorage } from './support/watch.ts'

const TOKEN = /^[A-Za-z0-9_-]{43}$/
const STORED_AT = `loacl:abc.supabase.co:${ASSISTANT}`
const tokensOf = (project: ReturnType<typeof fakeProject>) =>
  project.calls.map(({ headers }) => headers.get('x-loacl-session'))

describe('opening', () => {
  it('asks nothing until it is used, and then once', async () => {
    const project = fakeProject()
    const client = clientOf(project)
    expect(project.calls).toEqual([])

    const states = historyOf(client)
    await Promise.all([client.open(), client.open()])
    await client.open()

    expect(project.calls.map(({ name }) => name)).toEqual(['POST rpc/open_session'])
    const { headers, body } = project.calls[0]!
    expect(body).toEqual({ assistant_id: ASSISTANT })
    expect(headers.get('apikey')).toBe(KEY)
    expect(headers.get('content-profile')).toBe('loacl')
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('x-loacl-session')).toMatch(TOKEN)
    expect(states).toEqual([{ status: 'idle' }, { status: 'opening' }, { status: 'open', ...opened(), threads: [] }])
  })

  it('says why it failed, and tries again at the next call', async () => {
    const project = fakeProject().on(
      'POST rpc/open_session',
      () => rpcError(403, 'origin_not_allowed'),
      () => json(opened()),
    )
    const client = clientOf(project)
    await expect(client.open()).rejects.toMatchObject({
      code: 'origin_not_allowed',
      status: 403,
      message: 'For people.',
    })
    expect(client.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'origin_not_allowed' } })
    await client.open()
    expect(client.getSnapshot().status).toBe('open')
  })

  it('lets one caller give up without taking it from another', async () => {
    let answer!: (response: Response) => void
    const project = fakeProject().on('POST rpc/open_session', () => new Promise((resolve) => (answer = resolve)))
    const client = clientOf(project)
    const impatient = new AbortController()
    const first = client.open({ signal: impatient.signal })
    const second = client.open()
    impatient.abort()
    await expect(first).rejects.toMatchObject({ code: 'aborted' })
    await expect(client.open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    answer(json(opened()))
    await second
    expect(client.getSnapshot().status).toBe('open')
  })

  it('takes a project that does not answer for lost', async () => {
    vi.useFakeTimers()
    try {
      const project = fakeProject().on('POST rpc/open_session', () => new Promise(() => {}))
      const opening = clientOf(project)
        .open()
        .catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await opening).toMatchObject({ code: 'network' })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('what goes wrong at the network’s edge', () => {
  const cases: Array<[string, () => Response, object]> = [
    [
      'the Data API’s own codes',
      () => rpcError(429, 'rate_limited', '1500'),
      { code: 'rate_limited', retryAfterMs: 1500 },
    ],
    [
      'a function’s error',
      () => functionError(403, 'assistant_inactive'),
      { code: 'assistant_inactive', status: 403, requestId: 'request-1' },
    ],
    ['a code that is newer than this client', () => rpcError(403, 'moon_phase_wrong'), { code: 'moon_phase_wrong' }],
    ['the gateway’s refusal of a key', () => json({ message: 'Invalid API key' }, 401), { code: 'key_rejected' }],
    ['a missing function', () => json({ code: 'PGRST202', message: 'x' }, 404), { code: 'not_found' }],
    ['a lost database', () => json({ code: 'PGRST001', message: 'x' }, 503), { code: 'database_unavailable' }],
    ['any other error of the database', () => json({ code: 'XX000', message: 'x' }, 500), { code: 'internal' }],
    [
      'a proxy’s page',
      () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
      { code: 'response_malformed', status: 502 },
    ],
    [
      'a proxy’s limit',
      () => new Response('<h1>Slow down</h1>', { status: 429, headers: { 'retry-after': '2' } }),
      { code: 'rate_limited', retryAfterMs: 2000 },
    ],
    [
      'a time that is no number',
      () => new Response('', { status: 429, headers: { 'retry-after': '1.2.3' } }),
      { code: 'rate_limited', retryAfterMs: undefined },
    ],
    ['a portal’s page in place of the answer', () => new Response('<p>Sign in</p>'), { code: 'response_malformed' }],
    ['JSON that is something else', () => json({ hello: 'world' }), { code: 'response_malformed' }],
    ['nothing', () => json(null), { code: 'response_malformed' }],
  ]
  it.each(cases)('%s', async (_, answer, expected) => {
    const project = fakeProject().on('POST rpc/open_session', answer)
    const error: unknown = await clientOf(project)
      .open()
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(LoaclError)
    expect(error).toMatchObject(expected)
  })

  it('no connection', async () => {
    const cause = new TypeError('Failed to fetch')
    const project = fakeProject().on('POST rpc/open_session', () => Promise.reject(cause))
    await expect(clientOf(project).open()).rejects.toMatchObject({ code: 'network', cause })
  })

  it('looks up the global fetch when it needs it', async () => {
    const project = fakeProject()
    const client = createClient({ url: `${URL_OF_PROJECT}/`, key: KEY, assistant: ASSISTANT, storage: 'memory' })
    vi.stubGlobal('fetch', project.fetch)
    try {
      await client.open()
    } finally {
      vi.unstubAllGlobals()
    }
    expect(project.calls.map(({ name }) => name)).toEqual(['POST rpc/open_session'])
  })
})

describe('the session token', () => {
  it('is kept by project and assistant, and shared by what opens next', async () => {
    const project = fakeProject()
    const storage = memoryStorage()
    await clientOf(project, { storage }).open()
    await clientOf(project, { storage }).open()
    const [first, second] = tokensOf(project)
    expect(second).toBe(first)
    expect([...storage.items]).toEqual([[STORED_AT, first]])
  })

  it('is made anew for each visitor', async () => {
    const project = fakeProject()
    await clientOf(project, { storage: memoryStorage() }).open()
    await clientOf(project, { storage: memoryStorage() }).open()
    expect(new Set(tokensOf(project)).size).toBe(2)
  })

  it.each<[string, TokenStorage | 'memory']>([
    ['asked for', 'memory'],
    [
      'storage is blocked',
      {
        getItem: () => {
          throw new Error('SecurityError')
        },
        setItem: () => {
          throw new Error('SecurityError')
        },
        removeItem: () => {},
      },
    ],
    [
      'storage is full',
      {
        getItem: () => null,
        setItem: () => {
          throw new Error('QuotaExceededError')
        },
        removeItem: () => {},
      },
    ],
  ])('stays in memory where %s', async (_, storage) => {
    const project = fakeProject().on('POST rpc/list_threads', () => json({ items: [], nextCursor: null }))
    const client = clientOf(project, { storage })
    await client.threads.list()
    const [first, second] = tokensOf(project)
    expect(first).toMatch(TOKEN)
    expect(second).toBe(first)
  })

  it('is found where merely naming localStorage throws', async () => {
    const project = fakeProject()
    vi.stubGlobal('fetch', project.fetch)
    Object.defineProperty(globalThis, 'localStorage', {
      configurable: true,
      get() {
        throw new Error('SecurityError')
      },
    })
    try {
      await createClient({ url: URL_OF_PROJECT, key: KEY, assistant: ASSISTANT }).open()
    } finally {
      Reflect.deleteProperty(globalThis, 'localStorage')
      vi.unstubAllGlobals()
    }
    expect(tokensOf(project)[0]).toMatch(TOKEN)
  })

  it('replaces what somebody else put there', async () => {
    const project = fakeProject()
    const storage = memoryStorage({ [STORED_AT]: 'not a token' })
    await clientOf(project, { storage }).open()
    expect(storage.items.get(STORED_AT)).toMatch(TOKEN)
  })

  it.each(['session_expired', 'session_mismatch', 'session_invalid'])(
    'is replaced at opening after %s',
    async (code) => {
      const project = fakeProject().on(
        'POST rpc/open_session',
        () => rpcError(401, code),
        () => json(opened()),
      )
      const storage = memoryStorage()
      const client = clientOf(project, { storage })
      const states = historyOf(client)
      await client.open()
      expect(states.map(({ status }) => status)).toEqual(['idle', 'opening', 'open'])
      const [first, second] = tokensOf(project)
      expect(second).not.toBe(first)
      expect(storage.items.get(STORED_AT)).toBe(second)
    },
  )

  it('that another tab has replaced already is taken from there', async () => {
    const storage = memoryStorage()
    const fresh = 'f'.repeat(43)
    const project = fakeProject().on(
      'POST rpc/open_session',
      () => {
        storage.setItem(STORED_AT, fresh)
        return rpcError(401, 'session_expired')
      },
      () => json(opened()),
    )
    await clientOf(project, { storage }).open()
    expect(tokensOf(project)[1]).toBe(fresh)
  })

  it('is asked for twice at most', async () => {
    const project = fakeProject().on('POST rpc/open_session', () => rpcError(401, 'session_expired'))
    await expect(clientOf(project).open()).rejects.toMatchObject({ code: 'session_expired' })
    expect(project.calls).toHaveLength(2)
  })
})

describe('leaving', () => {
  it('signs out: the next call is a new guest’s', async () => {
    const thread = { id: 'thread-1', title: null, status: 'active', createdAt: '', lastMessageAt: '' }
    const project = fakeProject().on(
      'POST rpc/open_session',
      () => json(opened({ threads: { items: [thread], nextCursor: null } })),
      () => json(opened()),
    )
    const client = clientOf(project, { storage: memoryStorage() })
    await client.open()
    const before = client.threads.get('thread-1')
    await client.signOut()
    expect(client.getSnapshot()).toEqual({ status: 'idle' })
    expect(client.threads.get('thread-1')).not.toBe(before)
    await client.open()
    expect(client.getSnapshot()).toMatchObject({ status: 'open', threads: [] })
    const [first, signedOut, second] = tokensOf(project)
    expect(signedOut).toBe(first)
    expect(second).not.toBe(first)
  })

  it('fails what is under way, and all that comes after, once disposed of', async () => {
    const project = fakeProject().on('POST rpc/open_session', () => new Promise(() => {}))
    const client = clientOf(project)
    const opening = client.open()
    client.dispose()
    await expect(opening).rejects.toMatchObject({ code: 'disposed' })
    await expect(client.open()).rejects.toMatchObject({ code: 'disposed' })
    await expect(client.threads.list()).rejects.toMatchObject({ code: 'disposed' })
    await expect(client.signOut()).rejects.toMatchObject({ code: 'disposed' })
    expect(await client.threads.create().send('Hi').done).toMatchObject({
      status: 'failed',
      error: { code: 'disposed' },
    })
    expect(project.calls).toHaveLength(1)
  })
})
