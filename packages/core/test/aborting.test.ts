import { describe, expect, it } from 'vitest'
import { answered, ASSISTANT, fakeProject, functionError, json, opened, tokensOf } from './support/project.ts'
import { clientOf, historyOf, memoryStorage } from './support/watch.ts'

const STORED_AT = `loacl:abc.supabase.co:${ASSISTANT}`
const PERSON = { sessionId: 's1', type: 'authenticated' }
const aborted = { code: 'aborted' }

/** An answer that comes when the test says so. */
function pendingResponse() {
  let answer!: (response: Response) => void
  const response = new Promise<Response>((resolve) => (answer = resolve))
  return { answer, response }
}

describe('aborted before its request has left: nothing has happened', () => {
  it.each<[string, (client: ReturnType<typeof clientOf>, signal: AbortSignal) => Promise<void>]>([
    ['identify', (client, signal) => client.identify({ identityToken: 'a.b.c' }, { signal })],
    ['signOut', (client, signal) => client.signOut({ signal })],
    ['eraseData', (client, signal) => client.eraseData({ signal })],
  ])('%s', async (_, call) => {
    const project = fakeProject().on('POST turns', answered('Hello').answer)
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    const states = historyOf(client)
    await expect(call(client, AbortSignal.abort())).rejects.toMatchObject(aborted)
    await client.threads.create().send('Hi').done
    expect(project.calls.map(({ name }) => name)).toEqual(['POST rpc/open_session', 'POST turns'])
    expect(storage.items.get(STORED_AT)).toBe(token)
    expect(states.map(({ status }) => status)).not.toContain('idle')
  })

  it('identify, while it waits for an opening, which goes on', async () => {
    const { answer, response } = pendingResponse()
    const project = fakeProject().on('POST rpc/open_session', () => response)
    const client = clientOf(project)
    const opening = client.open()
    const abort = new AbortController()
    const identifying = client.identify({ identityToken: 'a.b.c' }, { signal: abort.signal })
    abort.abort()
    await expect(identifying).rejects.toMatchObject(aborted)
    answer(json(opened()))
    project.on('POST rpc/open_session', () => json(opened()))
    await opening
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: { type: 'guest' } })
    expect(project.named('POST identify')).toEqual([])
  })
})

describe('aborted afterwards: the client goes on as the server does', () => {
  it('identify: becomes the person, once the server has answered', async () => {
    const { answer, response } = pendingResponse()
    const project = fakeProject().on('POST identify', () => response)
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const abort = new AbortController()
    const identifying = client.identify({ identityToken: 'a.b.c' }, { signal: abort.signal })
    await expect.poll(() => project.named('POST identify')).toHaveLength(1)
    abort.abort()
    await expect(identifying).rejects.toMatchObject(aborted)
    project.on('POST rpc/open_session', () => json(opened({ visitor: PERSON })))
    answer(json({}))
    await client.open()
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: PERSON })
    const { newToken } = project.named('POST identify')[0]!.body
    expect(storage.items.get(STORED_AT)).toBe(newToken)
    expect(tokensOf(project).at(-1)).toBe(newToken)
  })

  it('identify: stays who they were, where the server refuses', async () => {
    const { answer, response } = pendingResponse()
    const project = fakeProject().on('POST identify', () => response)
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    const abort = new AbortController()
    const identifying = client.identify({ identityToken: 'a.b.c' }, { signal: abort.signal })
    await expect.poll(() => project.named('POST identify')).toHaveLength(1)
    abort.abort()
    await expect(identifying).rejects.toMatchObject(aborted)
    answer(functionError(401, 'identity_token_expired'))
    await client.open()
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: { type: 'guest' } })
    expect(storage.items.get(STORED_AT)).toBe(token)
  })

  it('signOut: this device has forgotten, and the server is told all the same', async () => {
    const { answer, response } = pendingResponse()
    const project = fakeProject().on('POST sign-out', () => response)
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    const abort = new AbortController()
    const leaving = client.signOut({ signal: abort.signal })
    abort.abort()
    await expect(leaving).rejects.toMatchObject(aborted)
    await expect.poll(() => project.named('POST sign-out')[0]?.signal?.aborted).toBe(false)
    answer(new Response(null, { status: 204 }))
    expect([...storage.items.values()]).not.toContain(token)
    expect(client.getSnapshot()).toEqual({ status: 'idle' })
  })

  it('eraseData: forgets once the server has erased', async () => {
    const { answer, response } = pendingResponse()
    const project = fakeProject().on('POST rpc/erase_visitor_data', () => response)
    const storage = memoryStorage()
    const client = clientOf(project, { storage })
    await client.open()
    const token = storage.items.get(STORED_AT)
    const abort = new AbortController()
    const erasing = client.eraseData({ signal: abort.signal })
    await expect.poll(() => project.named('POST rpc/erase_visitor_data')).toHaveLength(1)
    abort.abort()
    await expect(erasing).rejects.toMatchObject(aborted)
    expect(storage.items.get(STORED_AT)).toBe(token)
    answer(json({ sessions: 1, threads: 1, messages: 2, files: 0 }))
    await expect.poll(() => client.getSnapshot().status).toBe('idle')
    expect(storage.items.get(STORED_AT)).not.toBe(token)
  })

  it('eraseData: forgets nothing where the server refuses', async () => {
    const { answer, response } = pendingResponse()
    const project = fakeProject().on('POST rpc/erase_visitor_data', () => response)
    const client = clientOf(project)
    await client.open()
    const abort = new AbortController()
    const erasing = client.eraseData({ signal: abort.signal })
    await expect.poll(() => project.named('POST rpc/erase_visitor_data')).toHaveLength(1)
    abort.abort()
    await expect(erasing).rejects.toMatchObject(aborted)
    answer(functionError(503, 'database_unavailable'))
    await client.open()
    expect(client.getSnapshot().status).toBe('open')
    expect(project.calls.map(({ name }) => name)).toEqual(['POST rpc/open_session', 'POST rpc/erase_visitor_data'])
  })
})
