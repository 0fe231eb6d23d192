import type { Egress } from './egress.ts'
import { createEventParser } from './event_stream.ts'
import { objectOf, type Json } from './json_values.ts'
import { sentOnce } from './sent_once.ts'
import { ToolFailure } from './tool_failure.ts'

export interface McpAddress {
  endpoint: string
  /** Its bearer token; `null` where it needs none. */
  token: string | null
}

export interface McpMessage {
  /** Left out: a notification, which gets no answer. */
  id?: number
  method: string
  params: Json
}

export interface McpAnswer {
  /** The JSON-RPC response; empty for a notification. */
  answer: Json
  sessionId: string | null
}

/** A header's value: what else a server may call its session can't be sent back. */
const SESSION_ID = /^[\x21-\x7e]{1,1000}$/

/**
 * Sends one message of the Model Context Protocol over Streamable HTTP, and reads the answer to it, which comes as JSON or in a
 * stream of events.
 *
 * @param maxBytes of the answer, with all that comes before it in a stream
 * @throws ToolFailure, and what the network, its limits and JSON fail with
 */
export async function exchange(
  egress: Egress,
  { endpoint, token }: McpAddress,
  message: McpMessage,
  { headers, maxBytes, signal }: { headers: Readonly<Record<string, string>>; maxBytes: number; signal: AbortSignal },
): Promise<McpAnswer> {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message })
  const response = await egress.fetchWithin({ eventBytes: maxBytes, bodyBytes: maxBytes })(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(message.method === 'tools/call' ? sentOnce(text) : { body: text }),
    signal,
  })
  const { id } = message
  const sessionId = response.headers.get('mcp-session-id')
  if (sessionId !== null && !SESSION_ID.test(sessionId))
    throw new ToolFailure('tool_result_invalid', 'The id of its session can’t be sent back.')
  if (response.ok && id === undefined) {
    await response.body?.cancel()
    return { answer: {}, sessionId }
  }
  return { answer: await readAnswer(response, id), sessionId }
}

async function readAnswer(response: Response, id: number | undefined): Promise<Json> {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  // An error of JSON-RPC comes with a status of its own.
  if (!response.ok && (response.status !== 400 || type !== 'application/json')) {
    await response.body?.cancel()
    throw response.status >= 500
      ? new ToolFailure('tool_unreachable', `It answered with the status ${response.status}.`)
      : new ToolFailure('tool_refused', `It refused with the status ${response.status}.`)
  }
  if (type === 'application/json') {
    const answer = objectOf(JSON.parse(await response.text()))
    if (!response.ok && !('error' in answer)) throw new ToolFailure('tool_refused', 'It refused with the status 400.')
    if (!isAnswerTo(answer, id) && response.ok) throw noAnswer()
    return answer
  }
  if (type === 'text/event-stream') return findAnswer(response, id)
  await response.body?.cancel()
  throw new ToolFailure('tool_result_invalid', 'It answered with neither JSON nor a stream of events.')
}

/** Reads a stream up to the answer. What else comes in it, such as notes on progress, is passed over. */
async function findAnswer({ body }: Response, id: number | undefined): Promise<Json> {
  if (!body) throw noAnswer()
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const parse = createEventParser()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) throw noAnswer()
      for (const text of parse(decoder.decode(value, { stream: true }))) {
        const message = text === '' ? {} : objectOf(JSON.parse(text))
        if (isAnswerTo(message, id)) return message
      }
    }
  } finally {
    // Nobody waits for it: the connection closes.
    reader.cancel().catch(() => null)
  }
}

const isAnswerTo = (message: Json, id: number | undefined): boolean =>
  message.jsonrpc === '2.0' && message.id === id && ('result' in message || 'error' in message)

const noAnswer = () => new ToolFailure('tool_result_invalid', 'What it sent is no answer to the request.')
