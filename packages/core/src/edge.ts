import { LoaclError } from './errors.ts'
import { loadOnDemand } from './load_on_demand.ts'
import type { ClientOptions } from './types.ts'

export const RPC = 'rest/v1/rpc/'
export const FUNCTIONS = 'functions/v1/'

export interface EdgeRequest {
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

/** The network's edge: a Supabase project, reached with its key or through the host's own client. */
export interface Edge {
  /** Names the project; part of the key under which the session token is kept. */
  project: string
  /** @param path below the project's address: begins with `RPC` or `FUNCTIONS` */
  fetch(path: string, request: EdgeRequest): Promise<Response>
}

export function createEdge(options: ClientOptions): Edge {
  const isSupabase = 'supabase' in options
  const url = isSupabase ? options.supabase.schema('loacl' as never).url : options.url
  const project = /^https?:\/\/([^/]+)/.exec(url)?.[1]
  // A browser would take it for a path of the page's own site, and send the session token there.
  if (!project) throw new LoaclError('options_invalid', '"url" must begin with https://.')
  return {
    project,
    async fetch(path, request) {
      if (isSupabase) return await (await loadOnDemand()).fetchThroughClient(options.supabase, path, request)
      const send = options.fetch ?? globalThis.fetch
      const headers = { apikey: options.key, ...request.headers }
      return await send(`${url.replace(/\/+$/, '')}/${path}`, { ...request, headers })
    },
  }
}
