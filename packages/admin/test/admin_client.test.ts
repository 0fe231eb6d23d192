import { createClient as createSupabase } from '@supabase/supabase-js'
import { expect, it } from 'vitest'
import { AdminError, createAdminClient } from '../src/index.ts'

const URL_OF_PROJECT = 'https://project.example'
const BASE = `${URL_OF_PROJECT}/functions/v1/loacl-admin`

/** A project that answers every request alike, and remembers it. */
function project(answer: () => Response) {
  const requests: Request[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests.push(new Request(input, init))
    init?.signal?.throwIfAborted()
    return answer()
  }
  return { fetch, requests }
}
const withToken = (fetch: typeof globalThis.fetch) =>
  createAdminClient({ url: `${URL_OF_PROJECT}/`, key: 'sb_publishable_x', accessToken: async () => 'token', fetch })
const withSupabase = (fetch: typeof globalThis.fetch) =>
  createAdminClient({
    supabase: createSupabase(URL_OF_PROJECT, 'sb_publishable_x', {
      global: { fetch },
      accessToken: async () => 'token',
    }),
  })
const offline = () => Promise.reject(new TypeError('Failed to fetch'))
const ways = [
  ['with an access token', withToken],
  ['through supabase-js', withSupabase],
] as const

it.each(ways)('%s, a request brings the key and who asks', async (_, connect) => {
  const { fetch, requests } = project(() => Response.json({ items: [] }))
  expect(await connect(fetch).providerKeys.list()).toEqual([])
  expect(requests[0]).toMatchObject({ method: 'GET', url: `${BASE}/provider-key` })
  expect(requests[0]!.headers.get('apikey')).toBe('sb_publishable_x')
  expect(requests[0]!.headers.get('authorization')).toBe('Bearer token')
})

it.each(ways)('%s, an id is one segment of the path, whatever is in it', async (_, connect) => {
  const { fetch, requests } = project(() => new Response(null, { status: 204 }))
  const admin = connect(fetch)
  expect(await admin.identitySecrets.remove('a/../b?c')).toBeUndefined()
  expect(await admin.providerKeys.remove({ id: 'a&b' })).toBeUndefined()
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `DELETE ${BASE}/assistants/a%2F..%2Fb%3Fc/identity-secret`,
    `DELETE ${BASE}/provider-key?id=a%26b`,
  ])
})

it.each(ways)('%s, a refusal is an error with the function’s code', async (_, connect) => {
  const error = { code: 'rate_limited', message: 'Later.', requestId: 'request-1', retryAfterMs: 7_000 }
  const { fetch } = project(() => Response.json({ error }, { status: 429 }))
  const refused: unknown = await connect(fetch)
    .rotateKeys()
    .catch((reason: unknown) => reason)
  expect(refused).toBeInstanceOf(AdminError)
  expect(refused).toMatchObject({ ...error, status: 429 })
})

it.each(ways)('%s, what is none of the function’s is told apart', async (_, connect) => {
  const { fetch: html } = project(() => new Response('<h1>Bad gateway</h1>', { status: 502 }))
  await expect(connect(html).drain()).rejects.toMatchObject({ code: 'response_malformed', status: 502 })
  const { fetch: newer } = project(() =>
    Response.json({ error: { code: 'of_next_year', message: 'So.' } }, { status: 409 }),
  )
  await expect(connect(newer).drain()).rejects.toMatchObject({ code: 'internal', message: 'So.' })
  await expect(connect(offline).drain()).rejects.toMatchObject({ code: 'network' })
  const { fetch } = project(() => Response.json({}))
  await expect(connect(fetch).drain({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
})

it('an address that leads to the page’s own site is refused', () => {
  expect(() => createAdminClient({ url: 'project.example', key: 'sb_publishable_x' })).toThrow('https://')
})
