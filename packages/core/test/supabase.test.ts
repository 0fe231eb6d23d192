import { createClient as createSupabase } from '@supabase/supabase-js'
import { expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import {
  answered,
  ASSISTANT,
  fakeProject,
  functionError,
  json,
  KEY,
  rpcError,
  URL_OF_PROJECT,
} from './support/project.ts'
import { memoryStorage } from './support/watch.ts'

const offline = () => Promise.reject(new TypeError('Failed to fetch'))

function setUp(accessToken?: string) {
  const project = fakeProject()
  const storage = memoryStorage()
  const supabase = createSupabase(URL_OF_PROJECT, KEY, {
    global: { fetch: project.fetch as typeof fetch, headers: { 'x-of-the-host': 'yes' } },
    auth: { persistSession: false, autoRefreshToken: false },
    ...(accessToken ? { accessToken: async () => accessToken } : {}),
  })
  return { project, storage, client: createClient({ supabase, assistant: ASSISTANT, storage }) }
}

it('everything goes through the host’s own client, with its headers and its user’s token', async () => {
  const { project, storage, client } = setUp('user-token')
  project
    .on('POST turns', answered('Hello').answer)
    .on('POST turns/turn-1/stop', () => json({ state: 'completed' }, 202))
  expect(await client.threads.create().send('Hi').text()).toBe('Hello')
  expect(project.calls.map(({ name }) => name)).toEqual(['POST rpc/open_session', 'POST turns'])
  for (const { headers } of project.calls) {
    expect(headers.get('apikey')).toBe(KEY)
    expect(headers.get('authorization')).toBe('Bearer user-token')
    expect(headers.get('x-of-the-host')).toBe('yes')
    expect(headers.get('x-loacl-session')).toMatch(/^.{43}$/)
    expect(headers.get('content-type')).toBe('application/json')
  }
  expect(project.calls[0]!.headers.get('content-profile')).toBe('loacl')
  expect(project.calls[1]!.body).toMatchObject({ type: 'message', text: 'Hi' })
  expect([...storage.items.keys()]).toEqual([`loacl:abc.supabase.co:${ASSISTANT}`])
  expect(client).toMatchObject({ project: 'abc.supabase.co', assistant: ASSISTANT })
})

it('errors are the same as without it', async () => {
  const { project, client } = setUp()
  project.on('POST rpc/open_session', () => rpcError(403, 'origin_not_allowed'))
  await expect(client.open()).rejects.toMatchObject({ code: 'origin_not_allowed', status: 403 })

  const other = setUp()
  other.project.on('POST turns', () => functionError(429, 'rate_limited', { retryAfterMs: 900 }))
  const thread = other.client.threads.create()
  expect(await thread.send('Hi').done).toMatchObject({ error: { code: 'rate_limited', retryAfterMs: 900 } })
  other.project.on('POST turns', () => new Response('<h1>Oh</h1>', { status: 418 }))
  expect(await thread.retry().done).toMatchObject({ error: { code: 'response_malformed', status: 418 } })
})

it('a lost connection is a lost connection', async () => {
  const { project, client } = setUp()
  project.on('POST turns', offline, answered('Hello').answer)
  const events = []
  for await (const event of client.threads.create().send('Hi')) events.push(event.type)
  expect(events).toEqual(['reconnecting', 'text', 'end'])
})
