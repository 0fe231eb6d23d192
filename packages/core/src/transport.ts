import { SESSION_HEADER } from '@loacl/wire'
import { abortError, linkedController } from './abort.ts'
import type { Edge, EdgeRequest } from './edge.ts'
import { LoaclError } from './errors.ts'
import { toResponseError } from './response_error.ts'

/** What a visitor's client asks of the project. Everything rejects with a LoaclError. */
export interface Transport {
  /** Calls a function of the database. `member`: what its result must have, `null` where it has none. */
  rpc<T>(name: string, args: object, member: (keyof T & string) | null, token: string, signal: AbortSignal): Promise<T>
  /** Sends a request to the `chat` function, and gives the response as soon as it begins. */
  chat(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    token: string,
    signal: AbortSignal,
  ): Promise<Response>
}

/** Milliseconds until an unanswered call of the database counts as lost. */
const RPC_TIMEOUT_MS = 30_000

export function createTransport(edge: Edge, now: () => number): Transport {
  async function send(
    { body, ...rest }: Omit<EdgeRequest, 'headers' | 'body'> & { body: object | undefined },
    token: string,
  ): Promise<Response> {
    const headers: Record<string, string> = { [SESSION_HEADER]: token }
    if (rest.to === 'rpc') headers['content-profile'] = 'loacl'
    if (body) headers['content-type'] = 'application/json'
    try {
      const response = await edge.fetch({ ...rest, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
      if (response.ok) return response
      throw await toResponseError(response, now())
    } catch (error) {
      throw toTransportError(error, rest.signal)
    }
  }

  return {
    async rpc<T>(path: string, body: object, member: (keyof T & string) | null, token: string, outer: AbortSignal) {
      const link = linkedController([outer])
      const { signal } = link
      const late = () => link.abort(new LoaclError('network', 'The project did not answer in time.'))
      const timer = setTimeout(late, RPC_TIMEOUT_MS)
      try {
        const response = await send({ to: 'rpc', path, method: 'POST', body, signal }, token)
        const text = await response.text()
        return member === null ? (undefined as T) : parseResult<T>(text, member, response.status)
      } catch (error) {
        throw toTransportError(error, signal)
      } finally {
        clearTimeout(timer)
        link.abort()
      }
    },
    chat: (method, path, body, token, signal) =>
      send({ to: 'functions', path: `chat/${path}`, method, body, signal }, token),
  }
}

function parseResult<T>(text: string, member: keyof T & string, status: number): T {
  let value: unknown = null
  let cause: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    cause = error
  }
  if (typeof value === 'object' && value !== null && member in value) return value as T
  throw new LoaclError('response_malformed', 'The answer is not what was asked for.', { status, cause })
}

/** What went wrong while a request was under way or its body was read. */
export function toTransportError(error: unknown, signal: AbortSignal): LoaclError {
  if (signal.aborted) return abortError(signal)
  if (LoaclError.is(error)) return error
  return new LoaclError('network', 'The project could not be reached.', { cause: error })
}
