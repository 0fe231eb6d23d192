/** What is used of a supabase-js client (version 2): requests go through it, with its user's access token. */
export interface SupabaseLike {
  readonly functions: {
    invoke(
      name: string,
      options: { method: Method; headers: Record<string, string>; body?: string; signal?: AbortSignal },
    ): Promise<{ data: unknown; error: unknown; response?: Response }>
  }
}

export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'

export type AdminClientOptions =
  | {
      /** The page's own client, with an operator signed in. */
      supabase: SupabaseLike
    }
  | {
      /** The project's address, such as `https://<ref>.supabase.co`. */
      url: string
      /** The project's publishable key; or a secret key, on a server, which may `drain` and nothing else. */
      key: string
      /** The operator's, from Supabase Auth: it ends within an hour, so give a function where the client lives longer. */
      accessToken?: string | (() => string | Promise<string>)
      /** Default `globalThis.fetch`. */
      fetch?: typeof fetch
    }
