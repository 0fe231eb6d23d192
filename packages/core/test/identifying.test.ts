import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { answered, ASSISTANT, fakeProject, functionError, json, opened, tokensOf } from './support/project.ts'
import { clientOf, memoryStorage } from './support/watch.ts'

/** A project whose answer to the first request to identify comes when the test says so. */
function pendingIdentify() {
  let answer!: (response: Response) => void
  const pending = new Promise<Response>((resolve) => (answer = resolve))
  const project = fakeProject()
    .on(
      'POST identify',
      () => pending,
      () => json({}),
    )
    .on('POST rpc/list_threads', () => json({ items: [], nextCursor: null }))
    .on('POST turns', answered('Hello').answer)
  return { project, answer }
}

describe('while it is not yet known who the visitor is', () => {
  it('nothing of whoever was here before is fetched', async () => {
    const { project, answer } = pendingIdentify()
    const client = clientOf(project)
    const identifying = client.identify({ identityToken: 'a.b.c' })
    const opening = client.open()
    await expect.poll(() => project.calls).toHaveLength(1)
    answer(json({}))
    await Promise.all([identifying, opening])
    expect(project.calls.map(({ name }) => name)).toEqual(['POST identify', 'POST rpc/open_session'])
  })

  it('a conversation waits, and begins as theirs', async () => {
    const { project, answer } = pendingIdentify()
    const client = clientOf(project)
    await client.open()
    const identifying = client.identify({ identityToken: 'a.b.c' })
    await expect.poll(() => project.named('POST identify')).toHaveLength(1)
    const sent = client.threads.create().send('Hi')
    expect(project.named('POST turns')).toHaveLength(0)
    answer(json({}))
    await identifying
    expect((await sent.done).status).toBe('completed')
    const { newToken } = project.named('POST identify')[0]!.body
    expect(tokensOf({ calls: project.named('POST turns') })).toEqual([newToken])
  })

  it('a call that was on its way before, and is refused for it, is made again', async () => {
    const { project, answer } = pendingIdentify()
    let refuse!: () => void
    const refused = new Promise<Response>((resolve) => (refuse = () => resolve(functionError(404, 'thread_not_found'))))
    project.on('POST turns', () => refused, answered('Hello').answer)
    const client = clientOf(project)
    await client.open()
    const sent = client.threads.create().send('Hi')
    await expect.poll(() => project.named('POST turns')).toHaveLength(1)
    const identifying = client.identify({ identityToken: 'a.b.c' })
    await expect.poll(() => project.named('POST identify')).toHaveLength(1)
    refuse()
    // The refusal comes first.
    await new Promise((resolve) => setImmediate(resolve))
    answer(json({}))
    await identifying
    expect((await sent.done).status).toBe('completed')
    const { newToken } = project.named('POST identify')[0]!.body
    expect(tokensOf({ calls: project.named('POST turns') })[1]).toBe(newToken)
  })

  it('what was being opened is opened first', async () => {
    const { project, answer } = pendingIdentify()
    let open!: () => void
    const opening = new Promise<Response>((resolve) => (open = () => resolve(json(opened()))))
    project.on(
      'POST rpc/open_session',
      () => opening,
      () => json(opened()),
    )
    const client = clientOf(project)
    const early = client.open()
    const identifying = client.identify({ identityToken: 'a.b.c' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(project.named('POST identify')).toHaveLength(0)
    open()
    answer(json({}))
    await Promise.all([early, identifying])
    expect(project.calls.map(({ name }) => name)).toEqual([
      'POST rpc/open_session',
      'POST identify',
      'POST rpc/open_session',
    ])
  })

  it('whoever waits goes on as they were where it is refused', async () => {
    const { project, answer } = pendingIdentify()
    const client = clientOf(project)
    const identifying = client.identify({ identityToken: 'a.b.c' })
    const opening = client.open()
    answer(functionError(401, 'identity_token_expired'))
    await expect(identifying).rejects.toMatchObject({ code: 'identity_token_expired' })
    await opening
    expect(client.getSnapshot()).toMatchObject({ status: 'open', visitor: { type: 'guest' } })
  })
})

it('a request to identify whose answer was lost is sent again as it was, for the server knows it', async () => {
  const project = fakeProject().on(
    'POST identify',
    () => Promise.reject(new TypeError('Failed to fetch')),
    () => json({}),
  )
  const client = clientOf(project)
  await expect(client.identify({ identityToken: 'a.b.c' })).rejects.toMatchObject({ code: 'network' })
  project.on('POST rpc/open_session', () => json(opened({ visitor: { sessionId: 's1', type: 'authenticated' } })))
  await client.identify({ identityToken: 'a.b.c' })
  const [lost, again] = project.named('POST identify')
  expect(again!.body).toEqual(lost!.body)
  expect(tokensOf(project).at(-1)).toBe(lost!.body.newToken)
})

it('signing out while it is under way leaves a guest', async () => {
  const { project, answer } = pendingIdentify()
  const client = clientOf(project)
  await client.open()
  const identifying = client.identify({ identityToken: 'a.b.c' })
  await expect.poll(() => project.named('POST identify')).toHaveLength(1)
  await client.signOut()
  answer(json({}))
  await expect(identifying).rejects.toMatchObject({ code: 'aborted' })
  await client.open()
  const { newToken } = project.named('POST identify')[0]!.body
  expect(tokensOf(project).slice(2)).not.toContain(newToken)
})

const offline = () => Promise.reject(new TypeError('Failed to fetch'))
const expired = () => functionError(401, 'identity_token_expired')
const bound = () => functionError(409, 'session_bound')

it('being refused keeps nobody waiting who was identified in the meantime', async () => {
  const project = fakeProject().on('POST identify', expired, () => json({}))
  const client = clientOf(project)
  const [first, second] = [client.identify({ identityToken: 'old' }), client.identify({ identityToken: 'new' })]
  await expect(first).rejects.toMatchObject({ code: 'identity_token_expired' })
  await second
  expect(client.getSnapshot().status).toBe('open')
})

it('a sign-out that fails at opening says so, and the next opening is somebody else’s', async () => {
  const person = { sessionId: 's1', type: 'authenticated' }
  for (const credential of [null, { identityToken: 'of.b.b' }]) {
    const project = fakeProject()
      .on('POST identify', bound, () => json({}))
      .on(
        'POST rpc/open_session',
        () => json(opened({ visitor: person })),
        () => json(opened()),
      )
      .on('POST sign-out', offline)
    const client = clientOf(project, { auth: async () => credential })
    await expect(client.open()).rejects.toMatchObject({ code: 'network' })
    await client.open()
    expect(client.getSnapshot().status).toBe('open')
    const left = tokensOf({ calls: project.named('POST sign-out') })
    expect(left).toHaveLength(1)
    expect(left).not.toContain(tokensOf(project).at(-1))
  }
})

it('a request to identify that meets the gateway while the worker dies is sent again by itself, as it was', async () => {
  const project = fakeProject().on(
    'POST identify',
    () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    () => json({ message: 'An invalid response was received from the upstream server' }, 502),
    () => json({}),
  )
  project.on('POST rpc/open_session', () => json(opened({ visitor: { sessionId: 's1', type: 'authenticated' } })))
  await clientOf(project).identify({ identityToken: 'a.b.c' })
  const [first, ...further] = project.named('POST identify')
  expect(further.map(({ body }) => body)).toEqual([first!.body, first!.body])
  expect(tokensOf(project).at(-1)).toBe(first!.body.newToken)
})

it('a visitor who signs out while the worker dies is signed out by the same request, sent again', async () => {
  const project = fakeProject().on(
    'POST sign-out',
    () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
    () => json({}),
  )
  const client = clientOf(project)
  await client.open()
  await client.signOut()
  const [first, ...again] = tokensOf({ calls: project.named('POST sign-out') })
  expect(again).toEqual([first])
})

it('a request to identify is not sent again for a visitor who has signed out meanwhile', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const project = fakeProject().on('POST identify', () => new Response('<h1>Bad gateway</h1>', { status: 502 }))
  const client = clientOf(project)
  const identifying = client.identify({ identityToken: 'a.b.c' }).catch((error: unknown) => error)
  await expect.poll(() => project.named('POST identify')).toHaveLength(1)
  await client.signOut()
  expect(await identifying).toMatchObject({ code: 'aborted' })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(project.named('POST identify')).toHaveLength(1)
})

it('a person whose answer was lost stands in nobody’s way', async () => {
  const project = fakeProject().on(
    'POST identify',
    offline,
    () => functionError(409, 'id_conflict'),
    () => json({}),
  )
  const client = clientOf(project)
  await expect(client.identify({ identityToken: 'of.a.a' })).rejects.toMatchObject({ code: 'network' })
  await client.identify({ identityToken: 'of.b.b' })
  const [, refused, accepted] = project.named('POST identify')
  expect(accepted!.body.newToken).not.toBe(refused!.body.newToken)
})

it('a person whom another tab has identified in the meantime is signed out', async () => {
  const storage = memoryStorage()
  const fresh = 'f'.repeat(43)
  const project = fakeProject().on(
    'POST identify',
    () => {
      storage.setItem(`loacl:abc.supabase.co:${ASSISTANT}`, fresh)
      return functionError(401, 'session_replaced')
    },
    bound,
    () => json({}),
  )
  await clientOf(project, { storage }).identify({ identityToken: 'a.b.c' })
  expect(tokensOf({ calls: project.named('POST sign-out') })).toEqual([fresh])
})

it('an access token of before doesn’t come back after signing out', async () => {
  const project = fakeProject().on(
    'POST identify',
    () => json({}),
    () => new Promise<Response>(() => {}),
  )
  const client = clientOf(project)
  await client.identify({ accessToken: 'old' })
  const identifying = client.identify({ accessToken: 'new' })
  await expect.poll(() => project.named('POST identify')).toHaveLength(2)
  await client.signOut()
  await expect(identifying).rejects.toMatchObject({ code: 'aborted' })
  await client.open()
  expect(project.calls.at(-1)!.headers.has('authorization')).toBe(false)
})
