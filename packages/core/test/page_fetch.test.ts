import { CHAT_FUNCTION, encodePart, FUNCTIONS_PATH, STREAM_HEADERS, type StreamPart } from '@loacl/wire'
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { ASSISTANT, KEY, opened, URL_OF_PROJECT } from './support/project.ts'

const OPEN = `${URL_OF_PROJECT}/rest/v1/rpc/open_session`
const TURNS = `${URL_OF_PROJECT}/${FUNCTIONS_PATH}${CHAT_FUNCTION}/turns`

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const connect = () => createClient({ url: URL_OF_PROJECT, key: KEY, assistant: ASSISTANT, storage: 'memory' })

describe("a client that is given no fetch uses the runtime's own", () => {
  it('and reads an answer off the network as it comes', async () => {
    const ids = { turnId: 't1', threadId: 'th1', userMessageId: 'm1', messageId: 'm2' }
    const parts: StreamPart[] = [
      { type: 'start', messageId: 'm2' },
      { type: 'data-turn', data: ids },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Good ' },
      { type: 'text-delta', id: '1', delta: 'day' },
      { type: 'text-end', id: '1' },
      { type: 'data-answer-complete', data: { messageId: 'm2', status: 'completed', cutReason: null, usage: null } },
      { type: 'finish', finishReason: 'stop' },
    ]
    const bytes = new TextEncoder().encode(parts.map((part, index) => encodePart({ seq: index + 1, part })).join(''))
    const sent: unknown[] = []
    server.use(
      http.post(OPEN, () => HttpResponse.json(opened())),
      http.post(TURNS, async ({ request }) => {
        sent.push(await request.json(), request.headers.get('apikey'))
        // In pieces that end in the middle of events.
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (let at = 0; at < bytes.length; at += 50) controller.enqueue(bytes.slice(at, at + 50))
            controller.close()
          },
        })
        return new HttpResponse(body, { headers: STREAM_HEADERS })
      }),
    )

    const turn = connect().threads.create().send('Hello')

    expect(await turn.text()).toBe('Good day')
    expect(await turn.done).toMatchObject({ status: 'completed', message: { id: 'm2', content: 'Good day' } })
    expect(sent).toMatchObject([{ assistantId: ASSISTANT, text: 'Hello', threadId: null }, KEY])
  })

  it('and tells a network that fails from a project that refuses', async () => {
    server.use(http.post(OPEN, () => HttpResponse.error()))
    await expect(connect().open()).rejects.toMatchObject({ code: 'network' })

    const refusal = { code: 'PT403', message: 'origin_not_allowed', details: 'Not from here.', hint: '' }
    server.use(http.post(OPEN, () => HttpResponse.json(refusal, { status: 403 })))
    await expect(connect().open()).rejects.toMatchObject({ code: 'origin_not_allowed', status: 403 })
  })
})
