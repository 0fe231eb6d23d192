import { LoaclError } from './errors.ts'
import type { ClientOptions, SupabaseLike } from './types.ts'

export interface EdgeRequest {
  /** Below `rpc/` of the Data API, or below the functions' address. */
  to: 'rpc' | 'functions'
  path: string
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body?: string
  signal: AbortSignal
}

/** The network's edge: a Supabase project, reached with its key or through the host's own client. */
export interface Edge {
  /** Names the project; part of the key under which the session token is kept. */
  project: string
  fetch(request: EdgeRequest): Promise<Response>
}

function hostOf(url: string): string {
  const host = /^https?:\/\/([^/]+)/.exec(url)?.[1]
  // A browser would take it for a path of the page's own site, and send the session token there.
  if (!host) throw new LoaclError('options_invalid', '"url" must be the project’s address, from https:// on.')
  return host
}

export const createEdge = (options: ClientOptions): Edge =>
  'supabase' in options ? edgeOfClient(options.supabase) : edgeOfKey(options)

function edgeOfKey({ url, key, fetch }: Extract<ClientOptions, { url: string }>): Edge {
  const project = hostOf(url)
  const base = url.replace(/\/+$/, '')
  return {
    project,
    fetch({ to, path, headers, ...init }) {
      const send = fetch ?? globalThis.fetch
      const folder = to === 'rpc' ? 'rest/v1/rpc' : 'functions/v1'
      return send(`${base}/${folder}/${path}`, { ...init, headers: { apikey: key, ...headers } })
    },
  }
}

function edgeOfClient(supabase: SupabaseLike): Edge {
  const rest = supabase.schema('loacl' as never)
  return {
    project: hostOf(rest.url),
    async fetch({ to, path, headers, ...init }) {
      if (to === 'rpc') {
        const merged = new Headers(rest.headers)
        for (const name in headers) merged.set(name, headers[name]!)
        return (rest.fetch ?? globalThis.fetch)(`${rest.url}/rpc/${path}`, { ...init, headers: merged })
      }
      // It reads a body of JSON by itself; a stream of events, and what is not OK, it leaves unread.
      const { response, error } = await supabase.functions.invoke(path, { ...init, headers })
      if (response) return response
      throw error
    },
  }
}
