import { DONE_EVENT, encodePart, STREAM_HEADERS, type StreamPart } from '@loacl/wire'

export const URL_OF_PROJECT = 'https://abc.supabase.co'
export const KEY = 'sb_publishable_test'
export const ASSISTANT = '0b0f7d0c-5a2e-4f0e-9a51-3f6c2f1f8f11'

export interface Call {
  /** `POST rpc/open_session`, `POST turns`, `GET turns/<id>?after=3`, … */
  name: string
  headers: Headers
  body: Record<string, unknown>
  signal: AbortSignal | null
}

type Answer = (call: Call) => Response | Promise<Response>

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

/** The Data API's form of an error. */
export const rpcError = (status: number, code: string, hint: string | null = null): Response =>
  json({ code: `PT${status}`, message: code, details: 'For people.', hint }, status)

/** A function's form of an error. */
export const functionError = (status: number, code: string, more: object = {}): Response =>
  json({ error: { code, message: 'For people.', requestId: 'request-1', ...more } }, status)

export const opened = (change: object = {}) => ({
  assistant: {
    id: ASSISTANT,
    name: 'Ada',
    description: null,
    greeting: 'Hello!',
    appearance: {},
    maxMessageLength: 8000,
    fingerprint: false,
    pageContext: true,
    imageHosts: [],
    files: null,
  },
  questions: [{ id: 'q1', question: 'What do you sell?', category: null }],
  visitor: { sessionId: null, type: 'guest' },
  threads: { items: [], nextCursor: null },
  ...change,
})

/** A Supabase project whose answers are scripted, at the place where the network would be. */
export function fakeProject() {
  const answers = new Map<string, Answer[]>()
  const calls: Call[] = []
  const project = {
    calls,
    named: (name: string) => calls.filter((call) => call.name.startsWith(name)),
    /** Answers in turn; the last one answers for good. */
    on(name: string, ...script: Answer[]) {
      answers.set(name, script)
      return project
    },
    fetch: async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
      const { pathname, search } = new URL(String(input))
      const path = pathname.replace(/^\/(rest\/v1|functions\/v1\/loacl-chat)\//, '')
      const method = init.method ?? 'GET'
      const body = typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {}
      const call: Call = {
        name: `${method} ${path}${search}`,
        headers: new Headers(init.headers),
        body,
        signal: init.signal ?? null,
      }
      calls.push(call)
      const script = answers.get(`${method} ${path}`)
      const answer = script && script.length > 1 ? script.shift() : script?.[0]
      if (!answer) return functionError(404, 'not_found')
      init.signal?.throwIfAborted()
      return await new Promise((resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        Promise.resolve(answer(call)).then(resolve, reject)
      })
    },
  }
  return project
    .on('POST rpc/open_session', () => json(opened()))
    .on('POST sign-out', () => new Response(null, { status: 204 }))
}

export type FakeProject = ReturnType<typeof fakeProject>

/** The session token of each request. */
export const tokensOf = ({ calls }: Pick<FakeProject, 'calls'>) =>
  calls.map(({ headers }) => headers.get('x-loacl-session'))

/** A stream of parts that the test sends by hand. Breaks, like a connection, when its request is aborted. */
export function partStream(from = 1) {
  let seq = from
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({ start: (created) => void (controller = created) })
  const write = (text: string) => controller.enqueue(new TextEncoder().encode(text))
  const stream = {
    answer: (call: Call): Response => {
      call.signal?.addEventListener('abort', () => {
        try {
          controller.error(call.signal?.reason)
        } catch (error) {
          if (!(error instanceof TypeError)) throw error // It had ended already.
        }
      })
      return new Response(body, { headers: STREAM_HEADERS })
    },
    send(...parts: StreamPart[]) {
      for (const part of parts) write(encodePart({ seq: seq++, part }))
      return stream
    },
    raw(text: string) {
      write(text)
      return stream
    },
    /** Ends as a turn ends. */
    done() {
      write(DONE_EVENT)
      controller.close()
      return stream
    },
    /** The connection closes, and nothing has said that the turn is over. */
    close: () => controller.close(),
    /** The connection breaks. */
    cut: () => controller.error(new TypeError('network error')),
  }
  return stream
}

export const IDS = { turnId: 'turn-1', threadId: 'thread-1', userMessageId: 'user-1', messageId: 'answer-1' }

export const begun = (ids: Partial<typeof IDS> = {}): StreamPart[] => [
  { type: 'start', messageId: ids.messageId ?? IDS.messageId },
  { type: 'data-turn', data: { ...IDS, ...ids } },
]
export const text = (delta: string, id = 't1'): StreamPart => ({ type: 'text-delta', id, delta })
export const complete = (change: object = {}): StreamPart => ({
  type: 'data-answer-complete',
  data: { messageId: IDS.messageId, status: 'completed', cutReason: null, usage: null, ...change },
})
export const finish: StreamPart = { type: 'finish', finishReason: 'stop' }

/** A whole turn in one stream. */
export const answered = (words: string, ids: Partial<typeof IDS> = {}) =>
  partStream()
    .send(...begun(ids), text(words), complete({ messageId: ids.messageId ?? IDS.messageId }), finish)
    .done()
