import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createKeyRing, sealNew } from '@loacl/sealing'
import { startToolServer, type ToolServer } from '@loacl/tool-servers'
import type { ToolError } from '@loacl/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Call, Tool, ToolContext } from '../domain/tools/tool.ts'
import { call, tool } from '../test/tools.ts'
import { createEgress } from './egress.ts'
import { createServerTool } from './server_tool.ts'
import { createToolRunner } from './tool_runner.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const keyRing = createKeyRing(JSON.stringify({ current: 'k', keys: { k: Buffer.alloc(32, 3).toString('base64') } }))
const sealedFor = async (assistantId: string): Promise<NonNullable<ToolContext['toolSecret']>> => {
  const context = { purpose: 'tool_secret', ownerId: 'owner', provider: assistantId, baseUrl: null }
  return { ...context, ...(await sealNew(keyRing, SECRET, context)) }
}

let orders: ToolServer
let hostile: ToolServer
let context: ToolContext
let own: Server
let respond: RequestListener = (_, response) => response.end()

beforeAll(async () => {
  own = createServer((request, response) => respond(request, response)).listen(0, '127.0.0.1')
  ;[orders, hostile] = await Promise.all([
    startToolServer('orders', { TOOL_SECRET: SECRET }),
    startToolServer('hostile'),
  ])
  context = { assistantId: 'a', visitor: { type: 'guest' }, toolSecret: await sealedFor('a') }
})
afterAll(async () => {
  own.close()
  await Promise.all([orders.stop(), hostile.stop()])
})
const ownHost = () => `127.0.0.1:${(own.address() as AddressInfo).port}`

interface Run {
  change?: Partial<Tool>
  made?: Partial<Call>
  within?: Partial<ToolContext>
  signal?: AbortSignal
  now?: () => number
}

/** @param url an endpoint, listed as private */
function run(url: string, { change, made, within, signal = new AbortController().signal, now }: Run = {}) {
  const egress = createEgress({ privateHosts: [orders.host, hostile.host, ownHost()], fetch })
  return createServerTool({ egress, keyRing, ...(now ? { now } : {}) }).run(
    tool({ endpoint: url, ...change }),
    call(made),
    { ...context, ...within },
    signal,
  )
}
const answerWith = (type: string, body: string | Buffer, status = 200) => {
  respond = (_, response) => response.writeHead(status, { 'content-type': type }).end(body)
  return run(`http://${ownHost()}/`)
}

const lookUp = (args: object, more: Run = {}) =>
  run(`${orders.url}/`, { change: { name: 'look_up_order' }, made: { arguments: { ...args } }, ...more })

const limited = (maxResultBytes: number) => run(`http://${ownHost()}/`, { change: { maxResultBytes } })

describe('a tool at an endpoint of the owner’s', () => {
  it('is called with a signature that a library for Standard Webhooks verifies', async () => {
    expect(await lookUp({ number: 'NL-20417', postcode: '24837' })).toMatchObject({ result: { number: 'NL-20417' } })
  })

  it('gives a person their own, and nobody another’s', async () => {
    const mine = { within: { visitor: { type: 'identified' as const, externalId: 'customer-1' } } }
    expect(await lookUp({ number: 'NL-20417' }, mine)).toMatchObject({ result: { status: 'packing' } })
    expect(await lookUp({ number: 'NL-20402' }, mine)).toMatchObject({ errorCode: 'tool_refused' })
    // Whoever the model says that it is.
    const said = { number: 'NL-20402', visitor: { type: 'identified', externalId: 'customer-2' } }
    expect(await lookUp(said)).toMatchObject({ errorCode: 'tool_refused' })
  })

  it('refuses a call that was signed long ago', async () => {
    const long = { now: () => Date.now() - 600_000 }
    expect(await lookUp({ number: 'NL-20417', postcode: '24837' }, long)).toMatchObject({
      errorCode: 'tool_refused',
      errorMessage: expect.stringContaining('401'),
    })
  })

  it('is sent the execution, the key, the assistant, the tool, its arguments and who the visitor is', async () => {
    let sent: unknown
    respond = async (request, response) => {
      sent = { body: JSON.parse(await text(request)) as unknown, headers: request.headers }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
    }
    const made = call({ arguments: { id: 7 } })
    const visitor = { type: 'identified' as const, userId: 'u-1' }
    expect(await run(`http://${ownHost()}/tools`, { made, within: { visitor } })).toEqual({ result: { ok: true } })
    const { id, idempotencyKey } = made
    expect(sent).toMatchObject({
      body: { executionId: id, idempotencyKey, assistantId: 'a', tool: 'look_up', arguments: { id: 7 }, visitor },
      headers: {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
        'webhook-id': id,
        'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
        'webhook-signature': expect.stringMatching(/^v1,[\w+/]{43}=$/),
      },
    })
    expect(JSON.stringify(sent)).not.toContain(SECRET)
  })

  it.each([
    ['of another assistant', async () => ({ toolSecret: await sealedFor('b') })],
    ['that was never made', async () => ({ toolSecret: null })],
  ])('is not called with a secret %s', async (_, within) => {
    let isCalled = false
    respond = () => (isCalled = true)
    expect(await run(`http://${ownHost()}/`, { within: await within() })).toMatchObject({
      errorCode: 'tool_unreachable',
      errorMessage: expect.stringMatching(/secret/),
    })
    expect(isCalled).toBe(false)
  })
})

describe('what an endpoint answers', () => {
  it.each([
    ['application/json', '{"a":[1]}', { a: [1] }],
    ['application/problem+json; charset=utf-8', '"x"', 'x'],
    ['text/plain', 'Sunny \n\n\n\n', 'Sunny \n\n\n\n'],
    ['text/plain;charset=UTF-8', '', ''],
  ])('is a result: %s', async (type, body, result) => {
    expect(await answerWith(type, body)).toEqual({ result })
  })

  it('may be nothing, where it says so', async () => {
    respond = (_, response) => response.writeHead(204).end()
    expect(await run(`http://${ownHost()}/`)).toEqual({ result: null })
  })

  it.each<[string, string, string | Buffer]>([
    ['half a JSON', 'application/json', '{"a":'],
    ['nothing', 'application/json', ''],
    ['another type', 'application/xml', '<a/>'],
    ['no text in UTF-8', 'text/plain', Buffer.from([0xff, 0xfe])],
  ])('is no result: %s', async (_, type, body) => {
    expect(await answerWith(type, body)).toMatchObject({ errorCode: 'tool_result_invalid' })
  })

  it.each([
    ['ten lines too long', 'text/plain', '\n'.repeat(1_034)],
    ['a byte too long', 'application/json', `"${'x'.repeat(1_023)}"`],
    ['too long once decoded', 'text/plain', 'ä'.repeat(513)],
  ])('is bounded to the byte: %s', async (_, type, body) => {
    respond = (__, response) => response.writeHead(200, { 'content-type': type }).end(body)
    expect(await limited(1_024)).toMatchObject({ errorCode: 'tool_result_too_large' })
    expect(await limited(Buffer.byteLength(body))).toHaveProperty('result')
  })

  it.each<[string, ToolError]>([
    ['huge', 'tool_result_too_large'],
    ['html', 'tool_result_invalid'],
    ['half', 'tool_result_invalid'],
    ['broken', 'tool_unreachable'],
    ['endless', 'tool_result_invalid'],
    ['silent', 'tool_timeout'],
    ['error', 'tool_unreachable'],
    ['refusal', 'tool_refused'],
    ['redirect', 'tool_unreachable'],
    ['inward', 'tool_unreachable'],
  ])('a hostile one is told apart by a code: %s', async (kind, errorCode) => {
    const outcome = await run(`${hostile.url}/endpoint/${kind}`, { change: { timeoutMs: 1_000 } })
    expect(outcome).toEqual({ errorCode, errorMessage: expect.any(String) })
  })

  it('that redirects inward is not followed', async () => {
    await run(`${hostile.url}/endpoint/inward`)
    const hits = await (await fetch(`${hostile.url}/hits?path=/private`)).text()
    expect(hits).toBe('0')
  })
})

describe('where a call goes', () => {
  it.each([
    'http://169.254.169.254/latest',
    'https://localhost/tools',
    'https://10.0.0.7/tools',
    'http://shop.example/tools',
    'https://[::1]/tools',
    'ftp://shop.example/tools',
    'no address',
  ])('is never inside: %s', async (url) => {
    const outcome = await run(url)
    expect(outcome).toMatchObject({ errorCode: 'tool_unreachable', errorMessage: expect.stringMatching(/address/) })
    // Nothing of it speaks of models.
    expect(JSON.stringify(outcome)).not.toMatch(/provider|key/i)
  })

  it('is not where a name means a private address', async () => {
    let isCalled = false
    const egress = createEgress({
      privateHosts: [],
      fetch: async () => {
        isCalled = true
        return new Response()
      },
      resolve: async () => ['203.0.113.7', '10.0.0.7'],
    })
    const outcome = await createServerTool({ egress, keyRing }).run(
      tool(),
      call(),
      context,
      new AbortController().signal,
    )
    expect(outcome).toMatchObject({ errorCode: 'tool_unreachable' })
    expect(isCalled).toBe(false)
  })

  it('is nowhere where nothing listens', async () => {
    expect(await run('http://127.0.0.1:1/')).toMatchObject({ errorCode: 'tool_unreachable' })
  })
})

describe('a call that nobody wants any more', () => {
  it('is unknown once it has left, and its connection is closed', async () => {
    const stop = new AbortController()
    const closed = new Promise<void>((resolve) => {
      respond = (request) => {
        request.socket.once('close', () => resolve())
        stop.abort()
      }
    })
    expect(await run(`http://${ownHost()}/`, { signal: stop.signal })).toMatchObject({ errorCode: 'unknown' })
    await closed
  })

  it('is stopped before it leaves', async () => {
    expect(await run(`${orders.url}/`, { signal: AbortSignal.abort() })).toMatchObject({ errorCode: 'stopped' })
  })
})

it('tools of a kind that nobody runs here have a code as well', async () => {
  const runner = createToolRunner({})
  expect(await runner.run(tool(), call(), context, new AbortController().signal)).toMatchObject({
    errorCode: 'tool_unreachable',
  })
})
