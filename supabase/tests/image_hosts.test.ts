import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createToken } from './support/api.ts'
import { createWorld } from './support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
let assistantId: string
let jwt: string

beforeAll(async () => {
  const created = await world.createAssistant()
  assistantId = created.id
  ;({ jwt } = created.owner)
})
afterAll(() => world.close())

const update = (image_hosts: unknown, caller: { jwt?: string; token?: string }) =>
  api.update(`assistants?id=eq.${assistantId}`, { image_hosts }, caller)
const opened = async () =>
  (await api.rpc('open_session', { assistant_id: assistantId }, { token: createToken(), origin: 'https://site.test' }))
    .body.assistant

const hosts = (count: number) => Array.from({ length: count }, (_, at) => `host-${at}.test`)

describe('image hosts', () => {
  it('are none at first, are their owner’s to change, and are public with what an assistant takes', async () => {
    expect(await opened()).toMatchObject({ pageContext: true, imageHosts: [] })
    const given = ['images.example.com', '*.cdn.example.com', 'a.test:8443', 'xn--bcher-kva.example']
    const other = await world.createOperator()
    for (const caller of [{ jwt: other.jwt }, { token: createToken() }, {}]) await update(given, caller)
    expect(await opened()).toMatchObject({ imageHosts: [] })
    expect((await update(given, { jwt })).status).toBeLessThan(300)
    await api.update(`assistants?id=eq.${assistantId}`, { page_context: false }, { jwt })
    expect(await opened()).toMatchObject({ pageContext: false, imageHosts: given })
  })

  const ANY_FORM = 'Write images.example.com, or *.example.com for every subdomain.'
  it.each([
    ['https://images.example.com', 'Write images.example.com'],
    ['HTTPS://Images.Example.com:8443/logo.png?a', 'Write images.example.com:8443'],
    ['http://*.Example.com/', 'Write *.example.com'],
    // No address says so, and none would be loaded.
    ['images.example.com:443', 'Write images.example.com'],
    ['*.example.com:443', 'Write *.example.com'],
    ['images.example.com:0443', 'Write images.example.com'],
    ['https://Images.example.com:443/a', 'Write images.example.com'],
    ['images.example.com/path', 'Write images.example.com'],
    ['user@evil.test', 'Write user'],
    ['*', ANY_FORM],
    ['*.*.com', ANY_FORM],
    ['', ANY_FORM],
    ['.', ANY_FORM],
    ['bücher.example', ANY_FORM],
    ['a.test\n', 'Write a.test'],
    [null, ANY_FORM],
  ])('can’t be %j: %s', async (host, words) => {
    const [before] = await sql`select image_hosts from loacl.assistants where id = ${assistantId}`
    const change = sql`update loacl.assistants set image_hosts = ${['good.test', host]} where id = ${assistantId}`
    await expect(change).rejects.toMatchObject({
      message: 'invalid_body',
      detail: `"${host ?? ''}" is no host: the name in a picture's address, in lower case, without https:// and without a path. ${words}`,
    })
    const over = await update(['good.test', host], { jwt })
    expect(over).toMatchObject({ status: 400, body: { message: 'invalid_body' } })
    expect(await sql`select image_hosts from loacl.assistants where id = ${assistantId}`).toEqual([before])
  })

  it('are a hundred at most', async () => {
    expect((await update(hosts(101), { jwt })).body).toMatchObject({ message: 'invalid_body' })
    expect((await update(hosts(100), { jwt })).status).toBeLessThan(300)
  })
})
