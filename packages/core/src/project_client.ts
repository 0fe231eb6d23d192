import { LoaclError } from './errors.ts'
import { loadOnDemand } from './load_on_demand.ts'
import type { ClientOptions } from './types.ts'

export const RPC = 'rest/v1/rpc/'

export interface ProjectRequest {
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

/** A Supabase project, reached with its key or through the page's own supabase-js client. */
export interface ProjectClient {
  /** Of the project's address; part of the key under which the session token is kept. */
  host: string
  /** @param path below the project's address: begins with `RPC` or wire's `FUNCTIONS_PATH` */
  fetch(path: string, request: ProjectRequest): Promise<Response>
}

export function createProjectClient(options: ClientOptions): ProjectClient {
  const isSupabase = 'supabase' in options
  const url = isSupabase ? options.supabase.schema('loacl' as never).url : options.url
  const host = /^https?:\/\/([^/]+)/.exec(url)?.[1]
  // A browser would take it for a path of the page's own site, and send the session token there.
  if (!host) throw new LoaclError('options_invalid', '"url" must begin with https://.')
  return {
    host,
    async fetch(path, request) {
      if (isSupabase) return await (await loadOnDemand()).fetchThroughClient(options.supabase, path, request)
      const send = options.fetch ?? globalThis.fetch
      const headers = { apikey: options.key, ...request.headers }
      return await send(`${url.replace(/\/+$/, '')}/${path}`, { ...request, headers })
    },
  }
}
