import { createKeyRing } from '@loacl/sealing'
import { CHAT_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { randomBytes, randomUUID } from 'node:crypto'
import { SignJWT, type JWTPayload } from 'jose'
import { createToken, type Answer, type Caller, type StackAddress } from '../support/api.ts'
import type { Operator, World } from '../support/world.ts'

export interface Site {
  assistantId: string
  owner: Operator
  /** What the site's server keeps. */
  secret: string
}

/** A site whose assistant takes identity tokens, as the owner's console and the site's own server set it up. */
export async function createSite(
  world: World,
  stack: StackAddress & { encryptionKeys: string },
  owner?: Operator,
): Promise<Site> {
  const assistant = await world.createAssistant(owner ? { owner } : {})
  const secret = randomBytes(32).toString('base64url')
  const context = {
    purpose: 'identity_secret',
    secretId: randomUUID(),
    ownerId: assistant.owner.userId,
    provider: assistant.id,
    baseUrl: null,
  }
  const { keyId, ciphertext } = await createKeyRing(stack.encryptionKeys).seal(secret, context)
  const set = await world.api.rpc(
    'set_identity_secret',
    {
      owner_id: context.ownerId,
      assistant_id: assistant.id,
      secret_id: context.secretId,
      key_id: keyId,
      ciphertext,
      last_four: secret.slice(-4),
    },
    world.asServer(),
  )
  if (set.status >= 300) throw new Error(JSON.stringify(set.body))
  return { assistantId: assistant.id, owner: assistant.owner, secret }
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1_000)

/** As the site's server signs it, unless `change` says otherwise; `undefined` leaves a claim out. */
export function signIdentity(
  { assistantId, secret }: Pick<Site, 'assistantId' | 'secret'>,
  sub: string,
  change: Record<string, unknown> = {},
  alg = 'HS256',
): Promise<string> {
  const claims = { aud: assistantId, sub, iat: nowSeconds(), exp: nowSeconds() + 300, ...change } as JWTPayload
  return new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(new TextEncoder().encode(secret))
}

/** Requests to the function `loacl-chat`. */
export function createChat(stack: StackAddress) {
  async function request(method: string, path: string, caller: Caller, body?: object): Promise<Answer> {
    const response = await fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}/${path}`, {
      method,
      headers: {
        apikey: stack.publishableKey,
        'content-type': 'application/json',
        origin: caller.origin ?? 'https://site.test',
        ...(caller.token === undefined ? {} : { 'x-loacl-session': caller.token }),
        ...(caller.jwt === undefined ? {} : { authorization: `Bearer ${caller.jwt}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
  return {
    request,
    identify: (caller: Caller, body: object) => request('POST', 'identify', caller, body),
    signOut: (token: string, jwt?: string) => request('POST', 'sign-out', { token, jwt }),
    /** Identifies by identity token, gives the new session token, or fails the test. */
    async identified(site: Site, sub: string, token = createToken()): Promise<string> {
      const newToken = createToken()
      const identityToken = await signIdentity(site, sub)
      const { status, body } = await request(
        'POST',
        'identify',
        { token },
        {
          assistantId: site.assistantId,
          newToken,
          identityToken,
        },
      )
      if (status !== 200) throw new Error(JSON.stringify(body))
      return newToken
    },
  }
}

export interface Account {
  userId: string
  jwt: string
  /** Signs in on another device. */
  signInAgain(): Promise<string>
  /** Signs out on all devices. */
  signOutEverywhere(): Promise<void>
}

export async function createAccount(stack: StackAddress): Promise<Account> {
  const email = `${randomUUID()}@example.com`
  const password = randomBytes(18).toString('base64url')
  const post = async (path: string, body: object, jwt?: string) => {
    const response = await fetch(`${stack.apiUrl}/auth/v1/${path}`, {
      method: 'POST',
      headers: {
        apikey: stack.publishableKey,
        'content-type': 'application/json',
        ...(jwt === undefined ? {} : { authorization: `Bearer ${jwt}` }),
      },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    const text = await response.text()
    return (text === '' ? {} : JSON.parse(text)) as { access_token: string; user: { id: string } }
  }
  const { access_token: jwt, user } = await post('signup', { email, password })
  const signInAgain = async () => (await post('token?grant_type=password', { email, password })).access_token
  return {
    userId: user.id,
    jwt,
    signInAgain,
    signOutEverywhere: async () => void (await post('logout?scope=global', {}, await signInAgain())),
  }
}
