import { CHAT_FUNCTION, FUNCTIONS_PATH, SESSION_HEADER } from '@loacl/wire'
import { LoaclError } from './errors.ts'
import { loadOnDemand } from './load_on_demand.ts'
import { RPC, type ProjectClient } from './project_client.ts'
import { toStorable } from './storable_text.ts'
import { withTimeout } from './timeout.ts'

/** What a visitor's client asks of the project. */
export interface Transport {
  /**
   * Calls a function of the database. `member`: what its result must have, `null` where it has none.
   * Rejects with a LoaclError.
   */
  rpc<T>(
    name: string,
    args: object,
    member: (keyof T & string) | null,
    token: string,
    signals: readonly (AbortSignal | undefined)[],
  ): Promise<T>
  /** Sends a request to the function `loacl-chat`, and gives the response as soon as it begins. */
  chat(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    token: string,
    signal: AbortSignal,
    bearer?: string | null,
  ): Promise<Response>
}

/** @param accessToken of the user whose requests these are, where the page's own supabase-js client doesn't send it */
export function createTransport(project: ProjectClient, accessToken: () => string | null): Transport {
  async function send(
    path: string,
    method: 'GET' | 'POST',
    body: object | undefined,
    signal: AbortSignal,
    token: string,
    bearer = accessToken(),
  ): Promise<Response> {
    const headers: Record<string, string> = { [SESSION_HEADER]: token }
    if (bearer) headers.authorization = `Bearer ${bearer}`
    if (path.startsWith(RPC)) headers['content-profile'] = 'loacl'
    if (body) headers['content-type'] = 'application/json'
    const response = await project.fetch(path, {
      method,
      headers,
      signal,
      ...(body && { body: JSON.stringify(body, toStorable) }),
    })
    if (response.ok) return response
    throw await (await loadOnDemand()).toResponseError(response)
  }

  return {
    rpc: <T>(
      name: string,
      args: object,
      member: (keyof T & string) | null,
      token: string,
      signals: readonly (AbortSignal | undefined)[],
    ) =>
      withTimeout(signals, async (signal) => {
        const response = await send(RPC + name, 'POST', args, signal, token)
        return parseResult<T>(await response.text(), member, response.status)
      }),
    chat: (method, path, body, token, signal, bearer) =>
      send(`${FUNCTIONS_PATH}${CHAT_FUNCTION}/${path}`, method, body, signal, token, bearer),
  }
}

function parseResult<T>(text: string, member: (keyof T & string) | null, status: number): T {
  let value: unknown = null
  let cause: unknown
  try {
    value = JSON.parse(text || 'null')
  } catch (error) {
    cause = error
  }
  if (member === null || member in Object(value)) return value as T
  throw new LoaclError('response_malformed', undefined, { status, cause })
}
