import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { createAccessTokenCheck } from './access_tokens.ts'

const { publicKey, privateKey } = await generateKeyPair('ES256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig', key_ops: ['verify'] }
const sign = (kid: string, change: object = {}, key = privateKey) =>
  new SignJWT({ sub: 'user-1', session_id: 'session-1', role: 'authenticated', ...change })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'JWT' })
    .setExpirationTime('5m')
    .sign(key)

/** A project's Auth, as far as the check asks it. */
function createAuth(user: () => Response = () => Response.json({ msg: 'invalid JWT' }, { status: 403 })) {
  const asked: string[] = []
  const check = createAccessTokenCheck({
    // Each of its own: public keys are remembered by the project's address.
    url: `https://${crypto.randomUUID()}.supabase.co`,
    key: 'sb_secret_x',
    fetch: async (input) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input)
      asked.push(pathname)
      return pathname.endsWith('jwks.json') ? Response.json({ keys: [jwk] }) : user()
    },
  })
  return { check, asked }
}

it('knows a project’s own tokens by its public keys, which are fetched once', async () => {
  const { check, asked } = createAuth()
  expect(await check(await sign('k1'))).toMatchObject({ sub: 'user-1', session_id: 'session-1' })
  await check(await sign('k1'))
  expect(asked).toEqual(['/auth/v1/.well-known/jwks.json'])
})

it('refuses what another key signed, what has run out, and what is no token', async () => {
  const { check } = createAuth()
  const other = await generateKeyPair('ES256')
  const tokens = [
    await sign('k1', {}, other.privateKey),
    await sign('unknown'),
    await new SignJWT({ sub: 'user-1', exp: 1 }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey),
    `${btoa('{"alg":"none"}')}.${btoa('{"sub":"user-1","exp":4102444800}')}.`.replaceAll('=', ''),
    'x',
  ]
  for (const token of tokens) await expect(check(token)).rejects.toMatchObject({ code: 'access_token_invalid' })
})

it('asks Auth about a token that is signed with a shared secret', async () => {
  const { check, asked } = createAuth(() => Response.json({ id: 'user-1', aud: 'authenticated' }))
  const token = await new SignJWT({ sub: 'user-1' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime('5m')
    .sign(new Uint8Array(32))
  expect(await check(token)).toMatchObject({ sub: 'user-1' })
  expect(asked).toEqual(['/auth/v1/user'])
})

it('says that Auth is away, which says nothing of the token', async () => {
  const { check } = createAuth(() => new Response('', { status: 503 }))
  const token = await new SignJWT({ sub: 'user-1' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime('5m')
    .sign(new Uint8Array(32))
  await expect(check(token)).rejects.toMatchObject({ code: 'database_unavailable' })
})
