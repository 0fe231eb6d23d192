import { describe, expect, it, vi } from 'vitest'
import { createClient, type TokenStorage } from '../src/index.ts'
import { ASSISTANT, fakeProject, json, KEY, opened, rpcError, tokensOf, URL_OF_PROJECT } from './support/project.ts'
import { clientOf, historyOf, memoryStorage } from './support/watch.ts'

const TOKEN = /^[A-Za-z0-9_-]{43}$/
const STORED_AT = `loacl:abc.supabase.co:${ASSISTANT}`

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
