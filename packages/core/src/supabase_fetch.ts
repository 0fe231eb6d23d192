import { FUNCTIONS_PATH } from '@loacl/wire'
import { RPC, type ProjectRequest } from './project_client.ts'
import type { SupabaseLike } from './types.ts'

/** Sends a request through the page's own supabase-js client, with its headers and its user's session. */
export async function fetchThroughClient(
  supabase: SupabaseLike,
  path: string,
  request: ProjectRequest,
): Promise<Response> {
  if (path.startsWith(RPC)) {
    const { url, ...rest } = supabase.schema('loacl' as never)
    const headers = new Headers(rest.headers)
    for (const name in request.headers) headers.set(name, request.headers[name]!)
    return await (rest.fetch ?? globalThis.fetch)(`${url}/rpc/${path.slice(RPC.length)}`, { ...request, headers })
  }
  // It reads a body of JSON by itself; a stream of events, and what is not OK, it leaves unread.
  const { data, response, error } = await supabase.functions.invoke(path.slice(FUNCTIONS_PATH.length), request)
  if (response) return response.bodyUsed && data ? new Response(JSON.stringify(data), response) : response
  throw error
}
