import { ADMIN_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { createHmac } from 'node:crypto'
import { type Target } from './target.ts'

export interface Accounts {
  /** An identity token, as the site's server signs it for its user of this id. It ends `lifetime` seconds from now. */
  tokenOf(user: string, lifetime?: number): string
}

/** Gives an assistant an identity secret, as its owner does, and the accounts of a site that signs with it. */
export async function createAccounts(target: Target, assistant: string): Promise<Accounts> {
  const secret = await createSecret(target, assistant)
  return {
    tokenOf(user, lifetime = 300) {
      const exp = Math.floor(Date.now() / 1000) + lifetime
      const claims = { aud: assistant, sub: user, iat: exp - 300, exp }
      const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
    },
  }
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

async function createSecret({ url, key, local }: Target, assistant: string): Promise<string> {
  const ask = async (method: string, path: string, body?: object, token?: string) => {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: { apikey: key, 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
  const session = await ask('POST', 'auth/v1/token?grant_type=password', local!.owner)
  const path = `${FUNCTIONS_PATH}${ADMIN_FUNCTION}/assistants/${assistant}/identity-secret`
  return (await ask('PUT', path, undefined, session.access_token)).secret!
}
