import { CHAT_FUNCTION, FUNCTIONS_PATH, readParts, type Message, type NumberedPart, type StreamPart } from '@loacl/wire'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { sayHello, startMockModel, type MockModel, type Script } from '@loacl/mock-model'
import { gate } from '../../_shared/test/scripted_model.ts'
import { newCaller } from '../../_shared/test/contract_visitor.ts'
import { watchLateRenewals } from './late_renewals.ts'

let model: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let countLateRenewals: (turnId: string) => Promise<number>
let me: ReturnType<typeof createVisitor>

beforeAll(async () => {
  model = await startMockModel()
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123' })
  countLateRenewals = await watchLateRenewals(stack.dbUrl)
})
afterAll(async () => {
  await stack.stop()
  model.stop()
})
beforeEach(() => {
  me = createVisitor()
  model.script = sayHello
})

/** A visitor, who speaks to the project's one origin as a browser does. */
function createVisitor() {
  const session = newCaller().sessionToken
  const headers = { apikey: stack.publishableKey, 'x-loacl-session': session, 'content-type': 'application/json' }
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, { ...init, headers })
  return {
    message: (text: string, threadId: string | null = null) => ({
      type: 'message',
      assistantId: stack.assistantId,
      id: crypto.randomUUID() as string,
      threadId,
      text,
    }),
    send: (body: unknown, init?: RequestInit) =>
      call('/turns', { method: 'POST', body: JSON.stringify(body), ...init }),
    follow: (turnId: string, after = 0) => call(`/turns/${turnId}?after=${after}`),
    stop: (turnId: string) => call(`/turns/${turnId}/stop`, { method: 'POST' }),
    async messages(threadId: string): Promise<readonly Message[]> {
      const response = await fetch(`${stack.apiUrl}/rest/v1/rpc/list_messages`, {
        method: 'POST',
        headers: { ...headers, 'content-profile': 'loacl' },
        body: JSON.stringify({ thread_id: threadId }),
      })
      expect(response.status).toBe(200)
      return ((await response.json()) as { items: Message[] }).items
    },
  }
}

/** Reads a stream in the background; `until` waits for a part of a type, `all` for the end. */
function collect(response: Response) {
  expect(response.status).toBe(200)
  const parts: NumberedPart[] = []
  const waiting = new Map<StreamPart['type'], () => void>()
  const ended = (async () => {
    for await (const numbered of readParts(response.body!)) {
      parts.push(numbered)
      waiting.get(numbered.part.type)?.()
    }
    return parts
  })()
  return {
    parts,
    all: () => ended,
    until: (type: StreamPart['type']) =>
      new Promise<readonly NumberedPart[]>((resolve) => {
        waiting.set(type, () => resolve(parts))
        if (parts.some(({ part }) => part.type === type)) resolve(parts)
      }),
  }
}

const textOf = (parts: readonly NumberedPart[]) =>
  parts.map(({ part }) => (part.type === 'text-delta' ? part.delta : '')).join('')
const turnOf = (parts: readonly NumberedPart[]) => {
  const { part } = parts.find((numbered) => numbered.part.type === 'data-turn')!
  return (part as Extract<StreamPart, { type: 'data-turn' }>).data
}

describe('a turn on the real stack', () => {
  it('begins before the model speaks, and passes each word on as it comes', async () => {
    const words = [gate(), gate(), gate()]
    model.script = async (say) => {
      for (const [index, word] of words.entries()) {
        await word.opened
        say(`${index} `)
      }
    }
    const stream = collect(await me.send(me.message('Count.')))
    const { threadId } = turnOf(await stream.until('data-turn'))
    expect(stream.parts.map(({ part }) => part.type)).toEqual(['start', 'data-turn'])
    words[0]!.open()
    expect(textOf(await stream.until('text-delta'))).toBe('0 ')
    words[1]!.open()
    words[2]!.open()
    const parts = await stream.all()
    expect(textOf(parts)).toBe('0 1 2 ')
    expect(parts.slice(-4).map(({ part }) => part.type)).toEqual([
      'data-answer-complete',
      'data-follow-ups',
      'data-title',
      'finish',
    ])
    const [answer, question] = await me.messages(threadId)
    expect(question).toMatchObject({ role: 'user', content: 'Count.' })
    expect(answer).toMatchObject({ status: 'completed', content: '0 1 2 ', suggestions: [{ suggestion: 'What now?' }] })
  })

  it('asks the model statelessly, and stores what it used and cost', async () => {
    const { threadId } = turnOf(await collect(await me.send(me.message('Hi.'))).all())
    const second = await collect(await me.send(me.message('And now?', threadId))).all()
    expect(model.calls.at(-1)).toMatchObject({
      stream: true,
      store: false,
      stream_options: { include_obfuscation: false },
      max_output_tokens: 4_096,
      prompt_cache_key: threadId,
      input: [
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'And now?' },
      ],
    })
    expect(model.structuredCalls.at(-1)).toMatchObject({
      store: false,
      text: { format: { type: 'json_schema', strict: true, name: 'conversation_follow_ups' } },
    })
    const sql = postgres(stack.dbUrl)
    const logs = await sql`
      select input_tokens::integer, output_tokens::integer, cost_usd > 0 as has_cost
      from loacl.usage_logs where thread_id = ${threadId} order by created_at
    `.finally(() => sql.end())
    expect(logs.map((log) => ({ ...log }))).toEqual(
      [20, 9, 20, 9].map((tokens) => ({ input_tokens: tokens, output_tokens: tokens === 20 ? 7 : 4, has_cost: true })),
    )
    expect(second.some(({ part }) => part.type === 'data-title')).toBe(false)
  })

  // turn_ending.test.ts checks with a fake clock that it renews its lease more than once a second.
  it.each([
    ['in the middle of its words', 'Half'],
    ['before its first word', ''],
  ])('stops at its first renewal after the request to stop, %s, and keeps what had come', async (_, said) => {
    model.script = async (say) => {
      if (said) say(said)
      await new Promise(() => {})
    }
    const stream = collect(await me.send(me.message('Tell me everything.')))
    const { turnId, threadId } = turnOf(await stream.until(said ? 'text-delta' : 'data-turn'))
    expect((await me.stop(turnId)).status).toBe(202)
    const parts = await stream.all()
    // After text, one more renewal comes with the part that ends the text.
    expect(await countLateRenewals(turnId)).toBe(said ? 2 : 1)
    expect(parts.at(-1)!.part).toEqual({ type: 'abort', reason: 'stopped' })
    expect((await me.messages(threadId))[0]).toMatchObject({ status: 'stopped', content: said })
  })

  it('goes on when its reader leaves, and can be followed from where that one stopped', async () => {
    const held = gate()
    model.script = async (say) => {
      say('Hel')
      await held.opened
      say('lo')
    }
    const leaving = new AbortController()
    const first = collect(await me.send(me.message('Go on without me.'), { signal: leaving.signal }))
    const seen = [...(await first.until('text-delta'))]
    leaving.abort()
    await expect(first.all()).rejects.toThrow('abort')
    const { turnId, threadId } = turnOf(seen)
    const following = collect(await me.follow(turnId, seen.at(-1)!.seq))
    held.open()
    const rest = await following.all()
    expect(rest[0]!.seq).toBe(seen.at(-1)!.seq + 1)
    expect(textOf([...seen, ...rest])).toBe('Hello')
    expect(rest.at(-1)!.part).toEqual({ type: 'finish', finishReason: 'stop' })
    expect((await me.messages(threadId))[0]).toMatchObject({ status: 'completed', content: 'Hello' })
  })

  it('is one, and the model is called once, though its message is sent twice at once', async () => {
    const message = me.message('Only once, please.')
    const before = model.calls.length
    const streams = await Promise.all([me.send(message), me.send(message)])
    const [one, two] = await Promise.all(streams.map((response) => collect(response).all()))
    expect(turnOf(two!)).toEqual(turnOf(one!))
    expect(textOf(two!)).toBe('Hello')
    expect(textOf(one!)).toBe('Hello')
    expect(model.calls.length - before).toBe(1)
    expect(await me.messages(turnOf(one!).threadId)).toHaveLength(2)
    const other = await me.send({ ...message, text: 'Something else.' })
    expect(other.status).toBe(409)
    expect(await other.json()).toMatchObject({ error: { code: 'id_conflict' } })
    const stranger = await collect(await createVisitor().send(message)).all()
    expect(turnOf(stranger).threadId).not.toBe(turnOf(one!).threadId)
  })
})

const failing =
  (status: number, headers: Record<string, string>): Script =>
  (_, response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end('{"error":{"message":"Incorrect API key provided: sk-live-123","code":"x"}}')

describe('a model that fails', () => {
  it.each([
    [401, {}, { code: 'provider_key_rejected' }],
    [403, {}, { code: 'provider_key_rejected' }],
    [429, { 'retry-after': '7' }, { code: 'model_rate_limited', retryAfterMs: 7_000 }],
    [400, {}, { code: 'model_request_rejected' }],
    [404, {}, { code: 'model_request_rejected' }],
    [500, {}, { code: 'model_unavailable' }],
    [302, { location: 'http://127.0.0.1:9/' }, { code: 'model_unavailable' }],
  ])('with %i is told by a code, and the same message can be tried again', async (status, headers, error) => {
    model.script = failing(status, headers)
    const message = me.message('Please.')
    const parts = await collect(await me.send(message)).all()
    expect(parts.slice(-3).map(({ part }) => part)).toMatchObject([
      { type: 'data-answer-complete', data: { status: 'failed' } },
      { type: 'data-error', data: error },
      { type: 'error' },
    ])
    expect(JSON.stringify(parts)).not.toContain('sk-live')
    const { threadId, userMessageId } = turnOf(parts)
    expect((await me.messages(threadId))[0]).toMatchObject({ status: 'failed', errorCode: error.code })

    model.script = (say) => say('Now')
    const { assistantId, id } = message
    const again = await collect(await me.send({ type: 'retry', assistantId, id, threadId })).all()
    expect(turnOf(again)).toMatchObject({ threadId, userMessageId })
    expect(textOf(again)).toBe('Now')
    expect(model.calls.at(-1)).toMatchObject({ input: [{ role: 'user', content: 'Please.' }] })
  })

  it('in the middle is told by a code, and what had come is kept', async () => {
    const held = gate()
    model.script = async (say, response) => {
      say('Half')
      await held.opened
      response.destroy()
    }
    const stream = collect(await me.send(me.message('Please.')))
    await stream.until('text-delta')
    held.open()
    const parts = await stream.all()
    expect(parts.at(-2)!.part).toMatchObject({ data: { code: 'model_stream_broken' } })
    expect((await me.messages(turnOf(parts).threadId))[0]).toMatchObject({ status: 'failed', content: 'Half' })
  })
})

describe('a database that goes away', () => {
  it('and comes back in the middle of an answer costs nothing of it', async () => {
    const held = gate()
    const said = gate()
    model.script = async (say) => {
      say('Hel')
      await held.opened
      say('lo')
      said.open()
    }
    const stream = collect(await me.send(me.message('Stay with me.')))
    const { threadId, turnId } = turnOf(await stream.until('text-delta'))
    await stack.stopDatabase()
    held.open()
    await said.opened
    // What is read is stored first.
    expect(textOf(stream.parts)).toBe('Hel')
    await stack.startDatabase()
    const parts = await stream.all()
    expect(parts.at(-1)!.part).toEqual({ type: 'finish', finishReason: 'stop' })
    expect((await me.messages(threadId))[0]).toMatchObject({ status: 'completed', content: 'Hello' })
    expect(textOf(await collect(await me.follow(turnId)).all())).toBe('Hello')
  })

  it('refuses a message in words, and takes it once it is back', async () => {
    await stack.stopDatabase()
    const message = me.message('Is anybody there?')
    const refused = await me.send(message)
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: { code: 'database_unavailable' } })
    await stack.startDatabase()
    const parts = await collect(await me.send(message)).all()
    expect(parts.at(-1)!.part.type).toBe('finish')
  })
})
