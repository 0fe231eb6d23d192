import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack, type Stack } from '../src/index.ts'

// What only a project of one's own can be made to do; the rest is in supabase/tests/storage.

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack?.stop())

const storage = () => `${stack.apiUrl}/storage/v1`
const asServer = () => ({ apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` })
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function sign(claims: object): string {
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', stack.jwtSecret).update(signed).digest('base64url')}`
}
const put = (path: string, token: string) =>
  fetch(`${storage()}/object/upload/sign/loacl/${path}?token=${token}`, {
    method: 'PUT',
    headers: { 'content-type': 'text/plain' },
    body: 'hello',
  })

it('refuses a link to upload by that has ended, and one to read by', async () => {
  const now = Math.floor(Date.now() / 1_000)
  const claims = {
    sub: 'uploads/late',
    bucket: 'loacl',
    intent: 'upload',
    owner: null,
    upsert: false,
    iat: now - 9_000,
  }
  const late = await put('uploads/late', sign({ ...claims, exp: now - 1 }))
  expect([late.status, await late.json()]).toMatchObject([400, { statusCode: '400', error: 'InvalidJWT' }])
  expect((await fetch(`${storage()}/object/loacl/uploads/late`, { headers: asServer() })).ok).toBe(false)
  // One that reads doesn't write.
  expect((await put('uploads/late', sign({ ...claims, intent: 'download', exp: now + 60 }))).ok).toBe(false)
  expect((await put('uploads/late', sign({ ...claims, exp: now + 60 }))).status).toBe(200)
})

it('takes the form that supabase-js sends', async () => {
  const signed = await fetch(`${storage()}/object/upload/sign/loacl/uploads/form`, {
    method: 'POST',
    headers: { ...asServer(), 'content-type': 'application/json' },
    body: '{}',
  })
  const { url } = (await signed.json()) as { url: string }
  const form = new FormData()
  form.append('cacheControl', '3600')
  form.append('', new Blob(['hello'], { type: 'text/csv' }))
  expect((await fetch(storage() + url, { method: 'PUT', body: form })).status).toBe(200)
  const stored = await fetch(`${storage()}/object/loacl/uploads/form`, { headers: asServer() })
  expect([await stored.text(), stored.headers.get('content-type')]).toEqual(['hello', 'text/csv'])
})
