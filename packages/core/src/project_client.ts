import { LoaclError } from './errors.ts'
import { loadOnDemand } from './load_on_demand.ts'
import type { ClientOptions } from './types.ts'

export const RPC = 'rest/v1/rpc/'

/** A secret key, or a JWT in whose payload, as Base64 of any alignment, the role is `service_role`. */
const SECRET_KEY = /^sb_sec|ZV9yb2xl|Y2Vfcm9s|aWNlX3Jv/

export interface ProjectRequest {
  method: 'GET' | 'POST' | 'DELETE'
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
  // Without a host, a browser would take the address for a path of the page's own site, and send the session token there.
  // Whoever has a secret key reads and writes everything: it is never sent.
  const isKeyRight = isSupabase || (options.key && !SECRET_KEY.test(options.key))
  const wrong = !host ? 'url' : !options.assistant ? 'assistant' : !isKeyRight && 'key'
  if (wrong) throw new LoaclError('options_invalid', `Wrong "${wrong}".`)
  return {
    host: host!,
    async fetch(path, request) {
      if (isSupabase) return (await loadOnDemand()).fetchThroughClient(options.supabase, path, request)
      const send = options.fetch ?? globalThis.fetch
      return send(`${url.replace(/\/+$/, '')}/${path}`, {
        ...request,
        headers: { apikey: options.key, ...request.headers },
      })
    },
  }
}
