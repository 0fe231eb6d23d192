import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { SignJWT, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { createChat, createSite, nowSeconds, signIdentity, type Site } from './site.ts'

const stack = workerStack()
const world = createWorld(stack)
const chat = createChat(stack)
const coded = (status: number, code: string) => ({ status, body: { error: { code } } })
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

let site: Site
let others: Site
beforeAll(async () => {
  site = await createSite(world, stack)
  others = await createSite(world, stack)
})
afterAll(() => world.close())

const identify = (identityToken: string, assistantId = site.assistantId) =>
  chat.identify({ token: createToken() }, { assistantId, newToken: createToken(), identityToken })

describe('an identity token', () => {
  it.each([
    ['as the site signs it', {}],
    ['that lives for an hour', { exp: nowSeconds() + 3_590, iat: nowSeconds() - 10 }],
    ['of a server whose clock is some seconds ahead', { iat: nowSeconds() + 15 }],
    ['with an id of 255 characters', { sub: '😀'.repeat(255) }],
    ['with claims of the site’s own', { name: 'Ada', iss: 'https://site.test' }],
  ])('is good %s', async (_, change) => {
    expect(await identify(await signIdentity(site, 'ada', change))).toMatchObject({ status: 200 })
  })

  it('is what the example for sites makes', async () => {
    const page = await readFile(new URL('../../../docs/identity.md', import.meta.url), 'utf8')
    const code = /```js\n(import .*?)```/s.exec(page)![1]!
    process.env.LOACL_ASSISTANT = site.assistantId
    process.env.LOACL_IDENTITY_SECRET = site.secret
    const { identityToken } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
    expect(await identify(identityToken(7))).toMatchObject({ status: 200 })
  })

  it('may be for others as well', async () => {
    const aud = ['https://site.test', site.assistantId]
    expect(await identify(await signIdentity(site, 'ada', { aud }))).toMatchObject({ status: 200 })
  })

  it('is worth nothing after its end, however often it was good before', async () => {
    const exp = nowSeconds() - 31
    const token = await signIdentity(site, 'ada', { iat: exp - 300, exp })
    expect(await identify(token)).toMatchObject(coded(401, 'identity_token_expired'))
  })

  it.each([
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub that is too long', { sub: 'x'.repeat(256) }],
    ['a sub with U+0000', { sub: 'a\0b' }],
    ['a sub that is no string', { sub: 7 }],
    ['no aud', { aud: undefined }],
    ['another aud', { aud: randomUUID() }],
    ['no iat', { iat: undefined }],
    ['an iat in the future', { iat: nowSeconds() + 120 }],
    ['no exp', { exp: undefined }],
    ['an exp more than an hour after iat', { exp: nowSeconds() + 3_700 }],
    ['an exp that is no number', { exp: 'never' }],
  ])('with %s is refused', async (_, change) => {
    expect(await identify(await signIdentity(site, 'ada', change))).toMatchObject(coded(401, 'identity_token_invalid'))
  })

  it('signed for another assistant is refused by this one', async () => {
    const token = await signIdentity(others, 'ada')
    expect(await identify(token)).toMatchObject(coded(401, 'identity_token_invalid'))
    expect(await identify(token, others.assistantId)).toMatchObject({ status: 200 })
  })

  it('that an owner signs with their own secret for another owner’s assistant is refused', async () => {
    const token = await signIdentity({ assistantId: site.assistantId, secret: others.secret }, 'ada')
    expect(await identify(token)).toMatchObject(coded(401, 'identity_token_invalid'))
  })

  it('by another algorithm is refused, none among them', async () => {
    const claims = { aud: site.assistantId, sub: 'ada', iat: nowSeconds(), exp: nowSeconds() + 300 }
    const { privateKey } = await generateKeyPair('RS256')
    const [, payload, signature] = (await signIdentity(site, 'ada')).split('.')
    const tokens = [
      await signIdentity(site, 'ada', {}, 'HS512'),
      await signIdentity(site, 'ada', {}, 'HS384'),
      await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey),
      `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claims)}.`,
      `${base64url({ alg: 'none' })}.${payload}.${signature}`,
      `${base64url({ alg: 'HS256', crit: ['b64'], b64: false })}.${payload}.${signature}`,
    ]
    for (const token of tokens) expect(await identify(token)).toMatchObject(coded(401, 'identity_token_invalid'))
  })

  it('that is no token, or was changed, is refused', async () => {
    const [header, , signature] = (await signIdentity(site, 'ada')).split('.')
    const payload = base64url({ aud: site.assistantId, sub: 'root', iat: nowSeconds(), exp: nowSeconds() + 300 })
    for (const token of ['', 'x', 'a.b.c', `${header}.${payload}.${signature}`, 'x'.repeat(10_000)])
      expect(await identify(token)).toMatchObject(coded(401, 'identity_token_invalid'))
  })
})

describe('the identity secret', () => {
  it('is needed', async () => {
    const { id } = await world.createAssistant()
    expect(await identify(await signIdentity({ assistantId: id, secret: 'x'.repeat(43) }, 'ada'), id)).toMatchObject(
      coded(503, 'identity_unavailable'),
    )
  })

  it('does not open for another assistant, wherever its row is moved', async () => {
    const first = await createSite(world, stack)
    const second = await createSite(world, stack, first.owner)
    await world.sql`delete from loacl_private.secrets where assistant_id = ${second.assistantId}`
    await world.sql`
      update loacl_private.secrets set assistant_id = ${second.assistantId} where assistant_id = ${first.assistantId}
    `
    const token = await signIdentity({ assistantId: second.assistantId, secret: first.secret }, 'ada')
    expect(await identify(token, second.assistantId)).toMatchObject(coded(503, 'identity_secret_unusable'))
  })

  it('is worth nothing once it is replaced', async () => {
    const old = await createSite(world, stack)
    const token = await signIdentity(old, 'ada')
    await world.api.rpc(
      'remove_identity_secret',
      { owner_id: old.owner.userId, assistant_id: old.assistantId },
      world.asServer(),
    )
    expect(await identify(token, old.assistantId)).toMatchObject(coded(503, 'identity_unavailable'))
  })
})
