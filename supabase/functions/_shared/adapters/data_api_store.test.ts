import { beforeEach, describe, expect, it } from 'vitest'
import { newCaller } from '../test/contract_visitor.ts'
import { createDataApiStore } from './data_api_store.ts'

let requests: Request[]
let respond: () => Response | Promise<Response>
const store = createDataApiStore({
  url: 'https://project.example',
  secretKey: 'sb_secret_x',
  fetch: async (input, init) => {
    requests.push(new Request(input, init))
    return respond()
  },
})
beforeEach(() => {
  requests = []
  respond = () => Response.json({ state: 'running' })
})

describe('a call', () => {
  it('goes to the function in the database, as the service, with the visitor’s token', async () => {
    const caller = newCaller()
    expect(await store.stopTurn('t-1', caller)).toEqual({ state: 'running' })
    const [request] = requests
    expect(request!.url).toBe('https://project.example/rest/v1/rpc/stop_turn')
    expect(request!.headers.get('content-profile')).toBe('loacl')
    expect(request!.headers.get('apikey')).toBe('sb_secret_x')
    expect(request!.headers.get('x-loacl-session')).toBe(caller.sessionToken)
    expect(await request!.json()).toEqual({ turn_id: 't-1', claims: null })
  })

  it.each([
    [{ code: 'PT409', message: 'id_conflict', details: 'Another text.', hint: null }, 409, 'id_conflict', undefined],
    [{ code: 'PT429', message: 'rate_limited', details: 'Slow down.', hint: '1500' }, 429, 'rate_limited', 1_500],
    [{ code: 'PT400', message: 'not_a_code_of_ours', details: 'd', hint: null }, 400, 'internal', undefined],
    [
      { code: '23514', message: 'violates check constraint', details: 'secret', hint: null },
      400,
      'internal',
      undefined,
    ],
    [
      { code: '57P01', message: 'terminating connection', details: null, hint: null },
      500,
      'database_unavailable',
      undefined,
    ],
    [
      { code: '57014', message: 'canceling statement due to statement timeout', details: null, hint: null },
      500,
      'database_unavailable',
      undefined,
    ],
    [
      { code: '40P01', message: 'deadlock detected', details: 'Process 1 waits', hint: null },
      500,
      'database_unavailable',
      undefined,
    ],
    [
      { code: 'PGRST000', message: 'Database connection error', details: null, hint: null },
      503,
      'database_unavailable',
      undefined,
    ],
  ])('fails as the database says: %j', async (body, status, code, retryAfterMs) => {
    respond = () => Response.json(body, { status })
    const caught: unknown = await store.stopTurn('t-1', newCaller()).catch((error: unknown) => error)
    expect(caught).toMatchObject({ code, retryAfterMs })
    expect(String(caught)).not.toContain('secret')
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['nothing answers', () => Promise.reject(new TypeError('fetch failed'))],
    ['a gateway answers in HTML', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
  ])('finds the database away where %s', async (_, answer) => {
    respond = answer
    await expect(store.appendParts({ id: 't', lease: 'l' }, 1, [])).rejects.toMatchObject({
      code: 'database_unavailable',
    })
  })

  it('finds it away where it says nothing for too long', async () => {
    const patient = createDataApiStore({
      url: 'https://project.example',
      secretKey: 'sb_secret_x',
      timeoutMs: 20,
      fetch: (_, init) =>
        new Promise((__, reject) =>
          init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason as Error)),
        ),
    })
    await expect(patient.appendParts({ id: 't', lease: 'l' }, 1, [])).rejects.toMatchObject({
      code: 'database_unavailable',
    })
  })
})
