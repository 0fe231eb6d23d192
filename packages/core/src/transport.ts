import { CHAT_FUNCTION, FUNCTIONS_PATH, fits, SESSION_HEADER, type Shape } from '@loacl/wire'
import { LoaclError } from './errors.ts'
import { loadOnDemand } from './load_on_demand.ts'
import { RPC, type ProjectClient } from './project_client.ts'
import { toStorable } from './storable_text.ts'
import { withTimeout } from './timeout.ts'

/** What a visitor's client asks of the project. */
export interface Transport {
  /**
   * Calls a function of the database. `shape`: what is used of its result, `{}` where nothing is.
   * Rejects with a LoaclError.
   */
  rpc<T>(
    name: string,
    args: object,
    shape: Shape,
    token: string,
    signals: readonly (AbortSignal | undefined)[],
  ): Promise<T>
  /** Posts a body to the function `loacl-chat`, gets what needs none, or deletes with `null`. Gives the response as soon as it begins. */
  chat(
    path: string,
    body: object | null | undefined,
    signal: AbortSignal,
    token: string,
    bearer?: string | null,
  ): Promise<Response>
}

/** @param accessToken of the user whose requests these are, where the page's own supabase-js client doesn't send it */
export function createTransport(project: ProjectClient, accessToken: () => string | null): Transport {
  async function send(
    path: string,
    body: object | null | undefined,
    signal: AbortSignal,
    token: string,
    bearer = accessToken(),
  ): Promise<Response> {
    const headers: Record<string, string> = { [SESSION_HEADER]: token, 'content-type': 'application/json' }
    if (bearer) headers.authorization = `Bearer ${bearer}`
    if (path.startsWith(RPC)) headers['content-profile'] = 'loacl'
    const response = await project.fetch(path, {
      method: body ? 'POST' : body === null ? 'DELETE' : 'GET',
      headers,
      signal,
      body: JSON.stringify(body ?? undefined, toStorable),
    })
    if (response.ok) return response
    throw await (await loadOnDemand()).toResponseError(response)
  }

  return {
    rpc: <T>(name: string, args: object, shape: Shape, token: string, signals: readonly (AbortSignal | undefined)[]) =>
      withTimeout(signals, async (signal) => {
        const response = await send(RPC + name, args, signal, token)
        return parseResult<T>(await response.text(), shape, response.status)
      }),
    chat: (path, ...rest) => send(`${FUNCTIONS_PATH}${CHAT_FUNCTION}/${path}`, ...rest),
  }
}

function parseResult<T>(text: string, shape: Shape, status: number): T {
  let cause: unknown
  try {
    const value: unknown = JSON.parse(text || 'null')
    if (fits(value, shape)) return value as T
  } catch (error) {
    cause = error
  }
  throw new LoaclError('response_malformed', undefined, { status, cause })
}
