import { randomBytes } from 'node:crypto'

/** What a test reads of the stack that all tests share. */
export interface StackAddress {
  apiUrl: string
  publishableKey: string
  secretKey: string
  dbUrl: string
}

export interface Caller {
  /** The session token of a visitor. */
  token?: string | undefined
  /** The access token of a signed-in user. */
  jwt?: string | undefined
  /** Instead of the publishable key. */
  key?: string | undefined
  origin?: string | undefined
}

export interface Answer {
  status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the database says; each test reads what it expects
  body: any
}

/** 32 random bytes as browsers make them. */
export const createToken = (): string => randomBytes(32).toString('base64url')

/** Requests to the Data API as anybody may make them. */
export function createApi(stack: StackAddress) {
  async function request(
    method: string,
    path: string,
    caller: Caller,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${stack.apiUrl}/rest/v1/${path}`, {
      method,
      headers: {
        apikey: caller.key ?? stack.publishableKey,
        'accept-profile': 'loacl',
        'content-profile': 'loacl',
        'content-type': 'application/json',
        prefer: 'return=representation',
        ...(caller.token === undefined ? {} : { 'x-loacl-session': caller.token }),
        ...(caller.jwt === undefined ? {} : { authorization: `Bearer ${caller.jwt}` }),
        ...(caller.origin === undefined ? {} : { origin: caller.origin }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }

  return {
    rpc: (name: string, args: object, caller: Caller = {}, more?: Record<string, string>) =>
      request('POST', `rpc/${name}`, caller, args, more),
    select: (path: string, caller: Caller = {}, more?: Record<string, string>) =>
      request('GET', path, caller, undefined, more),
    insert: (table: string, row: object, caller: Caller = {}) => request('POST', table, caller, row),
    update: (path: string, change: object, caller: Caller = {}) => request('PATCH', path, caller, change),
    remove: (path: string, caller: Caller = {}) => request('DELETE', path, caller),
    /** A new account of the project, signed in. */
    async signUp(email: string): Promise<{ userId: string; jwt: string }> {
      const response = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
        method: 'POST',
        headers: { apikey: stack.publishableKey, 'content-type': 'application/json' },
        body: JSON.stringify({ email, password: randomBytes(18).toString('base64url') }),
      })
      const { access_token: jwt, user } = (await response.json()) as { access_token: string; user: { id: string } }
      return { userId: user.id, jwt }
    },
  }
}

export type Api = ReturnType<typeof createApi>
