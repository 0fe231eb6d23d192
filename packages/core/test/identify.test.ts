import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ClientOptions, Credential } from '../src/index.ts'
import {
  ASSISTANT,
  answered,
  fakeProject,
  functionError,
  json,
  opened,
  rpcError,
  type Call,
} from './support/project.ts'
import { clientOf, historyOf, memoryStorage } from './support/watch.ts'

const STORED_AT = `loacl:abc.supabase.co:${ASSISTANT}`
const AUTHENTICATED = { sessionId: 's1', type: 'authenticated' }
const identified = () => json({ visitor: AUTHENTICATED, expiresAt: '2026-11-23T08:00:00+00:00' })
const openedAsPerson = () => json(opened({ visitor: AUTHENTICATED }))
const tokenOf = ({ headers }: Call) => headers.get('x-loacl-session')
const namesOf = (project: ReturnType<typeof fakeProject>) => project.calls.map(({ name }) => name)

const projectOf = () => fakeProject().on('POST identify', identified)

/** A host that knows one visitor after the other; the last one stays. */
const hostOf = (...known: (Credential | null)[]): Pick<ClientOptions, 'auth'> => ({
  auth: async () => (known.length > 1 ? known.shift()! : known[0]!),
})

describe('identify', () => {
  it('binds the guest’s session, and goes on with a fresh token', async () => {
    const project = projectOf()
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    project.on('POST rpc/open_session', openedAsPerson)
    await client.identify({ identityToken: 'a.b.c' })

    expect(namesOf(project)).toEqual(['POST rpc/open_session', 'POST identify', 'POST rpc/open_session'])
    const [first, identify, again] = project.calls
    expect(tokenOf(identify!)).toBe(tokenOf(first!))
    const { newToken } = identify!.body
    expect(identify!.body).toEqual({ assistantId: ASSISTANT, newToken, identityToken: 'a.b.c' })
    expect(newToken).toMatch(/^[\w-]{43}$/)
    expect(newToken).not.toBe(tokenOf(first!))
    expect(tokenOf(again!)).toBe(newToken)
    expect(storage.items.get(STORED_AT)).toBe(newToken)
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: AUTHENTICATED })
  })

  it('sends a user’s access token with this and every later request', async () => {
    const project = projectOf().on('POST turns', answered('Hi').answer)
    const client = clientOf(project)
    await client.identify({ accessToken: 'jwt' })
    await client.threads.create().send('Hi').done
    expect(namesOf(project)).toEqual(['POST identify', 'POST rpc/open_session', 'POST turns'])
    expect(project.calls.map(({ headers }) => headers.get('authorization'))).toEqual(Array(3).fill('Bearer jwt'))
    expect(project.calls[0]!.body).not.toHaveProperty('identityToken')
  })

  it('leaves the visitor as they were where it is refused', async () => {
    const project = projectOf().on('POST identify', () => functionError(401, 'identity_token_invalid'))
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    await expect(client.identify({ accessToken: 'bad' })).rejects.toMatchObject({ code: 'identity_token_invalid' })
    expect(client.getSnapshot().status).toBe('open')
    await client.threads.list().catch(() => undefined)
    expect(storage.items.get(STORED_AT)).toBe(token)
    expect(project.calls.at(-1)!.headers.has('authorization')).toBe(false)
  })

  it('signs out the person who used the device before', async () => {
    const project = projectOf().on('POST identify', () => functionError(409, 'session_bound'), identified)
    const client = clientOf(project)
    await client.open()
    const thread = client.threads.get('of-a')
    const states = historyOf(client)
    await client.identify({ identityToken: 'of.b.b' })
    expect(namesOf(project).slice(1)).toEqual([
      'POST identify',
      'POST sign-out',
      'POST identify',
      'POST rpc/open_session',
    ])
    const [, refused, signedOut, accepted] = project.calls
    expect(tokenOf(signedOut!)).toBe(tokenOf(refused!))
    expect(tokenOf(accepted!)).not.toBe(tokenOf(refused!))
    expect(states.map(({ status }) => status)).toContain('idle')
    expect(client.threads.get('of-a')).not.toBe(thread)
  })
})

describe('auth', () => {
  const DOWN = { cause: { message: 'The host is down.' } }

  it('is asked at opening, before anything is shown', async () => {
    const project = projectOf()
    await clientOf(project, hostOf({ identityToken: 'a.b.c' })).open()
    expect(namesOf(project)).toEqual(['POST identify', 'POST rpc/open_session'])
  })

  it('says that nobody is signed in: a guest opens', async () => {
    const project = projectOf()
    await clientOf(project, hostOf(null)).open()
    expect(namesOf(project)).toEqual(['POST rpc/open_session'])
  })

  it('signs out a device whose person has left the site', async () => {
    const project = projectOf().on('POST rpc/open_session', openedAsPerson, () => json(opened()))
    const client = clientOf(project, hostOf(null))
    await client.open()
    expect(namesOf(project)).toEqual(['POST rpc/open_session', 'POST sign-out', 'POST rpc/open_session'])
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: { type: 'guest' } })
    expect(tokenOf(project.calls[2]!)).not.toBe(tokenOf(project.calls[0]!))
  })

  it('renews a session that has run out, unnoticed', async () => {
    const project = projectOf()
      .on('POST rpc/open_session', openedAsPerson)
      .on('POST turns', () => functionError(401, 'session_expired'), answered('Hi').answer)
    const client = clientOf(project, hostOf({ identityToken: 'first' }, { identityToken: 'second' }))
    const result = await client.threads.create().send('Hello').done
    expect(result.status).toBe('completed')
    expect(namesOf(project)).toEqual([
      'POST identify',
      'POST rpc/open_session',
      'POST turns',
      'POST identify',
      'POST rpc/open_session',
      'POST turns',
    ])
    const [, , refused, renewed, , sent] = project.calls
    expect(renewed!.body.identityToken).toBe('second')
    expect(tokenOf(renewed!)).toBe(tokenOf(refused!))
    expect(tokenOf(sent!)).toBe(renewed!.body.newToken)
  })

  it('gives a fresh access token where the Data API says that the old one has run out', async () => {
    const project = projectOf()
      .on('POST rpc/open_session', openedAsPerson)
      .on(
        'POST rpc/list_threads',
        () => json({ code: 'PGRST303', message: 'JWT expired', details: null, hint: null }, 401),
        () => json({ items: [], nextCursor: null }),
      )
    const client = clientOf(project, hostOf({ accessToken: 'old' }, { accessToken: 'new' }))
    await client.threads.list()
    expect(project.named('POST rpc/list_threads').map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer old',
      'Bearer new',
    ])
  })

  it.each([
    ['rejects', async () => Promise.reject(new Error('The host is down.')), DOWN],
    [
      'throws',
      () => {
        throw new Error('The host is down.')
      },
      DOWN,
    ],
    ['gives no credential', async () => 'a.b.c' as never, {}],
    ['gives an empty object', async () => ({}) as never, {}],
    ['gives a token that is none', async () => ({ identityToken: null }) as never, {}],
  ] satisfies [string, ClientOptions['auth'], object][])(
    'that %s keeps the chat from opening as somebody else',
    async (_, auth, more) => {
      const project = projectOf()
      const client = clientOf(project, { auth })
      await expect(client.open()).rejects.toMatchObject({ code: 'credential_missing', ...more })
      expect(client.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'credential_missing' } })
      expect(project.calls).toEqual([])
    },
  )

  it.each([null, undefined])('that gives %s says that nobody is signed in', async (credential) => {
    const project = projectOf().on('POST rpc/open_session', openedAsPerson, () => json(opened()))
    await clientOf(project, { auth: async () => credential as null }).open()
    expect(namesOf(project)).toEqual(['POST rpc/open_session', 'POST sign-out', 'POST rpc/open_session'])
  })

  it('is called with nothing: what the page’s function would take is the page’s', async () => {
    const given: unknown[][] = []
    const auth = async (...args: unknown[]) => (given.push(args), null)
    await clientOf(projectOf(), { auth }).open()
    expect(given).toEqual([[]])
  })
})

/** A host whose answers come when the test says so. */
function hangingHost() {
  const answers: ((credential: Credential) => void)[] = []
  return { answers, auth: () => new Promise<Credential>((resolve) => answers.push(resolve)) }
}

describe('auth that does not settle', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([['without a signal'], ['with a signal', new AbortController().signal]])(
    'is given up after 30 seconds, %s, and asked again at the next try',
    async (_, signal?: AbortSignal) => {
      const project = projectOf()
      const { answers, auth } = hangingHost()
      const client = clientOf(project, { auth })
      const opening = client.open({ signal }).catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(29_999)
      expect(client.getSnapshot()).toEqual({ status: 'opening' })
      await vi.advanceTimersByTimeAsync(1)
      expect(await opening).toMatchObject({ code: 'credential_missing' })
      expect(client.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'credential_missing' } })

      const again = client.open()
      // Too late: this one identifies nobody.
      answers[0]!({ identityToken: 'late' })
      await vi.advanceTimersByTimeAsync(0)
      expect(project.calls).toEqual([])
      answers[1]!({ identityToken: 'a.b.c' })
      await again
      expect(project.named('POST identify').map(({ body }) => body.identityToken)).toEqual(['a.b.c'])
    },
  )

  it('identifies nobody once the visitor has signed out', async () => {
    const project = projectOf()
    const { answers, auth } = hangingHost()
    const client = clientOf(project, { auth })
    const opening = client.open()
    await vi.advanceTimersByTimeAsync(0)
    await client.signOut()
    answers[0]!({ identityToken: 'before' })
    await vi.advanceTimersByTimeAsync(0)
    expect(project.named('POST identify')).toEqual([])
    answers[1]!({ identityToken: 'after' })
    await opening
    expect(project.named('POST identify').map(({ body }) => body.identityToken)).toEqual(['after'])
  })

  it('lets go of a call whose signal is aborted', async () => {
    const client = clientOf(projectOf(), hangingHost())
    const controller = new AbortController()
    const opening = client.open({ signal: controller.signal })
    controller.abort()
    await expect(opening).rejects.toMatchObject({ code: 'aborted' })
  })

  it('ends when the client is disposed of', async () => {
    const client = clientOf(projectOf(), hangingHost())
    const opening = client.open()
    client.dispose()
    await expect(opening).rejects.toMatchObject({ code: 'disposed' })
  })
})

describe('leaving', () => {
  it('signOut forgets the token here and on the server', async () => {
    const project = projectOf()
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.identify({ accessToken: 'jwt' })
    const token = storage.items.get(STORED_AT)
    await client.signOut()
    expect(project.calls.at(-1)).toMatchObject({ name: 'POST sign-out' })
    expect(tokenOf(project.calls.at(-1)!)).toBe(token)
    expect([...storage.items.values()]).not.toContain(token)
    expect(client.getSnapshot()).toEqual({ status: 'idle' })
    await client.open()
    expect(project.calls.at(-1)!.headers.has('authorization')).toBe(false)
  })

  it('signOut forgets here even where the server can’t be told, and says so', async () => {
    const project = projectOf().on('POST sign-out', () => Promise.reject(new TypeError('offline')))
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    await expect(client.signOut()).rejects.toMatchObject({ code: 'network' })
    expect([...storage.items.values()]).not.toContain(token)
  })

  it('eraseData erases, and forgets only what is erased', async () => {
    const project = projectOf().on(
      'POST rpc/erase_visitor_data',
      () => rpcError(503, 'database_unavailable'),
      () => json({ sessions: 1, threads: 1, messages: 2, files: 0 }),
    )
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await expect(client.eraseData()).rejects.toMatchObject({ code: 'database_unavailable' })
    const token = storage.items.get(STORED_AT)
    expect(client.getSnapshot().status).toBe('open')
    await client.eraseData()
    expect(client.getSnapshot().status).toBe('idle')
    expect(storage.items.get(STORED_AT)).not.toBe(token)
  })

  it('exportData gives what the database keeps', async () => {
    const exported = { exportedAt: '2026-11-22T08:00:00+00:00', sessions: [], threads: [], files: [], uploads: [] }
    const project = projectOf().on('POST rpc/export_visitor_data', () => json(exported))
    expect(await clientOf(project).exportData()).toEqual(exported)
  })
})
