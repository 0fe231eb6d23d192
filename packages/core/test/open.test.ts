import { describe, expect, it, vi } from 'vitest'
import { createClient, LoaclError } from '../src/index.ts'
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
import { clientOf, historyOf } from './support/watch.ts'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

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

  it.each(['', 'abc.supabase.co', 'localhost:54321', '/api', undefined])('refuses %j as an address', (url) => {
    const make = () => createClient({ url: url as string, key: KEY, assistant: ASSISTANT })
    expect(make).toThrow(
      expect.objectContaining({ code: 'options_invalid', message: expect.stringContaining('"url"') }),
    )
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
