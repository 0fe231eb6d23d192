import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStorageCalls } from './storage_calls.ts'

const storage = createStorageCalls()
/** Of this run alone. */
const bucket = `loacl-contract-${crypto.randomUUID()}`
const LIMIT = 1_000
const BYTES = '0123456789'

beforeAll(async () => {
  const made = await storage.createBucket(bucket, {
    file_size_limit: LIMIT,
    allowed_mime_types: ['image/png', 'text/plain'],
  })
  if (!made.ok) throw new Error(`No bucket: ${made.status} ${await made.text()}`)
})
afterAll(() => storage.removeBucket(bucket))

const newPath = (): string => `uploads/${crypto.randomUUID()}`
const claimsOf = (link: string): { exp: number } => {
  const token = new URL(link, 'http://storage').searchParams.get('token')!
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number }
}
const linkTo = async (path: string): Promise<string> => {
  const response = await storage.signUpload(bucket, path)
  expect(response.status).toBe(200)
  return ((await response.json()) as { url: string }).url
}
const readLinkTo = async (path: string, expiresIn = 60): Promise<string> => {
  const response = await storage.sign(bucket, path, expiresIn)
  expect(response.status).toBe(200)
  return ((await response.json()) as { signedURL: string }).signedURL
}
const textAt = async (path: string): Promise<string | null> => {
  const response = await storage.read(bucket, path)
  return response.ok ? response.text() : null
}
const store = async (body = BYTES, path = newPath()): Promise<string> => {
  expect((await storage.put(await linkTo(path), body, 'text/plain')).status).toBe(200)
  return path
}

describe('the bucket of the migrations', () => {
  it('is private, and takes files of 50 MB at most', async () => {
    expect(await storage.readBucket('loacl')).toMatchObject({ public: false, file_size_limit: 50 * 1024 * 1024 })
  })
})

describe('a signed upload', () => {
  it('needs no key, and lasts for two hours at most', async () => {
    const path = newPath()
    const link = await linkTo(path)
    expect(link).toMatch(new RegExp(`^/object/upload/sign/${bucket}/${path}\\?token=`))
    const seconds = claimsOf(link).exp - Date.now() / 1_000
    expect(seconds).toBeGreaterThan(30)
    expect(seconds).toBeLessThan(7_500)
    expect((await storage.put(link, BYTES, 'text/plain')).status).toBe(200)
    const stored = await storage.read(bucket, path)
    expect([await stored.text(), stored.headers.get('content-type')?.split(';')[0]]).toEqual([BYTES, 'text/plain'])
  })

  it('works from a page of any site', async () => {
    const link = await linkTo(newPath())
    const preflight = await storage.preflight(link)
    expect(preflight.ok).toBe(true)
    expect(preflight.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/shop\.example)$/)
    expect(preflight.headers.get('access-control-allow-methods')).toMatch(/\bPUT\b/)
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\*|content-type/i)
    const sent = await storage.put(link, BYTES, 'text/plain')
    expect(sent.headers.get('access-control-allow-origin')).toMatch(/^(\*|https:\/\/shop\.example)$/)
  })

  it('takes the bytes once: a second use of the link changes nothing', async () => {
    const path = newPath()
    const link = await linkTo(path)
    expect((await storage.put(link, BYTES, 'text/plain')).status).toBe(200)
    const again = await storage.put(link, 'something else', 'text/plain')
    expect(await storage.refusalOf(again)).toMatchObject({ status: expect.toBeOneOf([400, 409]), statusCode: '409' })
    expect(await textAt(path)).toBe(BYTES)
  })

  it('takes one of several that come at once, whole', async () => {
    const path = newPath()
    const link = await linkTo(path)
    const bodies = Array.from({ length: 6 }, (_, index) => String(index).repeat(500 + index))
    const answers = await Promise.all(bodies.map((body) => storage.put(link, body, 'text/plain')))
    const taken = bodies.filter((_, index) => answers[index]!.status === 200)
    expect(taken).toHaveLength(1)
    expect(await textAt(path)).toBe(taken[0])
  })

  it('is made for no path that has bytes', async () => {
    const path = await store()
    const refused = await storage.signUpload(bucket, path)
    expect(await storage.refusalOf(refused)).toMatchObject({ statusCode: '409' })
  })

  it('goes to its own path alone, and no token is made up', async () => {
    const [path, other] = [newPath(), newPath()]
    const link = await linkTo(path)
    const [, token] = link.split('?token=')
    expect((await storage.put(link.replace(path, other), BYTES, 'text/plain')).ok).toBe(false)
    const [head, claims, signature] = token!.split('.')
    const longer = Buffer.from(JSON.stringify({ ...claimsOf(link), exp: 9_999_999_999 })).toString('base64url')
    for (const forged of ['x', '', `${head}.${longer}.${signature}`, `${head}.${claims}.`])
      expect((await storage.put(`${link.split('?')[0]}?token=${forged}`, BYTES, 'text/plain')).ok).toBe(false)
    expect([await textAt(path), await textAt(other)]).toEqual([null, null])
  })

  it('works again once the object was deleted, until it ends', async () => {
    const path = newPath()
    const link = await linkTo(path)
    await storage.put(link, BYTES, 'text/plain')
    expect((await storage.remove(bucket, path)).status).toBe(200)
    expect(await textAt(path)).toBeNull()
    expect((await storage.put(link, 'again', 'text/plain')).status).toBe(200)
  })
})

describe('the limits of a bucket', () => {
  it('refuse what is too large, whether its length is told or not', async () => {
    const whole = 'x'.repeat(LIMIT + 1)
    const [told, untold, fits] = [newPath(), newPath(), newPath()]
    const refused = await storage.put(await linkTo(told), whole, 'text/plain')
    expect(await storage.refusalOf(refused)).toMatchObject({ status: expect.toBeOneOf([400, 413]), statusCode: '413' })
    const stream = new Blob([whole]).stream()
    const streamed = await storage.put(await linkTo(untold), stream, 'text/plain', { duplex: 'half' } as RequestInit)
    expect(streamed.ok).toBe(false)
    expect((await storage.put(await linkTo(fits), 'x'.repeat(LIMIT), 'text/plain')).status).toBe(200)
    expect([await textAt(told), await textAt(untold)]).toEqual([null, null])
  })

  it('refuse another type', async () => {
    const path = newPath()
    const refused = await storage.put(await linkTo(path), '<script>', 'text/html')
    expect(await storage.refusalOf(refused)).toMatchObject({ status: expect.toBeOneOf([400, 415]), statusCode: '415' })
    expect(await textAt(path)).toBeNull()
  })
})

describe('a signed download', () => {
  it('needs no key, and shows or saves', async () => {
    const path = await store()
    const link = await readLinkTo(path)
    expect(link).toMatch(new RegExp(`^/object/sign/${bucket}/${path}\\?token=`))
    const shown = await storage.get(link)
    expect([shown.status, await shown.text(), shown.headers.get('content-disposition')]).toEqual([200, BYTES, null])
    const saved = await storage.get(`${link}&download=${encodeURIComponent('Grüße.txt')}`)
    expect(saved.headers.get('content-disposition')).toMatch(/^attachment;.*Gr%C3%BC%C3%9Fe\.txt/)
    expect(await saved.text()).toBe(BYTES)
  })

  it('gives ranges', async () => {
    const link = await readLinkTo(await store())
    for (const [range, text, place] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const) {
      const part = await storage.get(link, { range })
      expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, text, place])
    }
    expect((await storage.get(link, { range: 'bytes=10-12' })).ok).toBe(false)
  })

  it('ends', async () => {
    const link = await readLinkTo(await store(), 1)
    await expect.poll(async () => (await storage.get(link)).status).toBe(400)
    expect((await storage.get(link)).ok).toBe(false)
  })

  it('is of its own path alone, and no token is made up', async () => {
    const [path, other] = [await store(), await store('another')]
    const link = await readLinkTo(path)
    expect((await storage.get(link.replace(path, other))).ok).toBe(false)
    expect((await storage.get(`${link.split('?')[0]}?token=x`)).ok).toBe(false)
    expect((await storage.get(`${link.split('?')[0]}`)).ok).toBe(false)
  })

  it('is nothing to read by what is not there', async () => {
    const missing = await storage.sign(bucket, newPath(), 60)
    expect(await storage.refusalOf(missing)).toMatchObject({ statusCode: '404' })
    const path = await store()
    const link = await readLinkTo(path)
    await storage.remove(bucket, path)
    expect((await storage.get(link)).ok).toBe(false)
  })
})

describe('a visitor, with the publishable key', () => {
  it('reads nothing, and signs nothing', async () => {
    const path = await store()
    expect((await storage.get(`/object/${bucket}/${path}`, {}, storage.publishableKey)).ok).toBe(false)
    expect((await storage.get(`/object/public/${bucket}/${path}`, {}, storage.publishableKey)).ok).toBe(false)
    expect((await storage.sign(bucket, path, 60, storage.publishableKey)).ok).toBe(false)
    expect((await storage.signUpload(bucket, newPath(), storage.publishableKey)).ok).toBe(false)
  })
})
