import { ADMIN_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { AdminError, toRequestError, toResponseError } from './admin_error.ts'
import type { AdminClientOptions, Method } from './options.ts'

/** Sends a request to the function and reads its JSON; nothing, where the answer is empty. */
export type Send = <T>(method: Method, path: string, body?: object, signal?: AbortSignal) => Promise<T>

/** How requests go out: by themselves, or through a supabase-js client. */
export function createSend(options: AdminClientOptions): Send {
  const exchange = 'supabase' in options ? throughClient(options) : byFetch(options)
  return async <T>(method: Method, path: string, body?: object, signal?: AbortSignal): Promise<T> => {
    try {
      return (await exchange(path, {
        method,
        headers: body ? { 'content-type': 'application/json' } : {},
        ...(body ? { body: JSON.stringify(body) } : {}),
        ...(signal ? { signal } : {}),
      })) as T
    } catch (error) {
      throw toRequestError(error, signal)
    }
  }
}

interface AdminRequest {
  method: Method
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal
}
type Exchange = (path: string, request: AdminRequest) => Promise<unknown>

const throughClient =
  ({ supabase }: Extract<AdminClientOptions, { supabase: unknown }>): Exchange =>
  async (path, request) => {
    const { data, error, response } = await supabase.functions.invoke(`${ADMIN_FUNCTION}${path}`, request)
    if (!error) return response?.status === 204 ? undefined : data
    // It leaves the body of a response that is not OK unread.
    throw response ? await toResponseError(response) : error
  }

function byFetch({ url, key, accessToken, fetch }: Extract<AdminClientOptions, { url: string }>): Exchange {
  // A browser would take it for a path of the page's own site, and send the token there.
  if (!/^https?:\/\//.test(url)) throw new AdminError('options_invalid', '"url" must begin with https://.')
  const base = `${url.replace(/\/+$/, '')}/${FUNCTIONS_PATH}${ADMIN_FUNCTION}`
  return async (path, request) => {
    const token = typeof accessToken === 'function' ? await accessToken() : accessToken
    const headers = {
      ...request.headers,
      apikey: key,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const response = await (fetch ?? globalThis.fetch)(`${base}${path}`, { ...request, headers })
    if (!response.ok) throw await toResponseError(response)
    return response.status === 204 ? undefined : await response.json()
  }
}
