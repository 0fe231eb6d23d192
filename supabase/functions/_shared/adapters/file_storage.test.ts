import { describe, expect, it } from 'vitest'
import { createFileStorage } from './file_storage.ts'
import { toLogLine } from './log_line.ts'

const token = (seconds: number): string =>
  `h.${Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1_000) + seconds, sub: '?ÿ' })).toString('base64url')}.s`

function createStorage(answer: () => Response | Promise<Response>) {
  const requests: Request[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests.push(new Request(input, init))
    return answer()
  }
  return { requests, storage: createFileStorage({ url: 'https://project.example/', secretKey: 'sb_secret', fetch }) }
}
const code = 'storage_unavailable'

describe('Storage', () => {
  it('signs links below the project’s address, and says when they end', async () => {
    const upload = `/object/upload/sign/loacl/a/b?token=${token(7_200)}`
    const { requests, storage } = createStorage(() => Response.json({ url: upload }))
    const link = await storage.createUploadLink('a/b')
    expect(link.url).toBe(`storage/v1${upload}`)
    expect(Math.abs(Date.parse(link.expiresAt) - Date.now() - 7_200_000)).toBeLessThan(5_000)
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: 'https://project.example/storage/v1/object/upload/sign/loacl/a/b',
    })
    expect([requests[0]!.headers.get('apikey'), requests[0]!.headers.get('x-upsert')]).toEqual(['sb_secret', null])
  })

  it('signs a link to read by for a minute, under the file’s name where it is to be saved', async () => {
    const { requests, storage } = createStorage(() =>
      Response.json({ signedURL: `/object/sign/loacl/a?token=${token(60)}` }),
    )
    expect((await storage.createLink('a', null)).url).not.toContain('download')
    expect((await storage.createLink('a', 'ä&b.png')).url).toMatch(/&download=%C3%A4%26b\.png$/)
    expect(await requests[0]!.json()).toEqual({ expiresIn: 60 })
  })

  it.each([
    [
      'lasts for longer than what is deleted is deleted again',
      () => Response.json({ url: `/x?token=${token(10_000)}` }),
    ],
    ['does not say when it ends', () => Response.json({ url: '/x?token=h.e30.s' })],
    ['is none', () => Response.json({})],
  ])('hands out no link to upload by that %s', async (_, answer) => {
    await expect(createStorage(answer).storage.createUploadLink('a')).rejects.toMatchObject({ code })
  })

  it.each([
    [() => Response.json({ url: `/x?token=${token(10_000)}` }), 'Let it sign them for 7200 seconds.'],
    [() => new Response('a secret of somebody’s', { status: 418 }), '"status":418'],
  ])('says to the owner why it can’t be used', async (answer, words) => {
    const error = await createStorage(answer)
      .storage.createUploadLink('a')
      .catch((thrown: unknown) => thrown)
    expect(toLogLine(error, 'r')).toContain(words)
    expect(toLogLine(error, 'r')).not.toContain('secret')
    expect((error as Error).message).toBe("Files can't be reached at the moment. Please try again.")
  })

  it('reads an object, and no more of it than was asked for', async () => {
    const { storage } = createStorage(() => new Response('0123456789', { headers: { 'content-type': 'text/plain' } }))
    const stored = await storage.read('a', 10)
    expect([new TextDecoder().decode(stored!.bytes), stored!.mediaType]).toEqual(['0123456789', 'text/plain'])
    expect((await storage.read('a', 4))!.bytes.length).toBeGreaterThan(4)
  })

  it.each([
    [404, '{}'],
    [400, '{"statusCode":"404","error":"not_found","message":"Object not found"}'],
  ])('knows %i %s for nothing', async (status, body) => {
    expect(await createStorage(() => new Response(body, { status })).storage.read('a', 9)).toBeNull()
  })

  it.each([
    ['fails', () => new Response('{"statusCode":"500"}', { status: 500 })],
    ['refuses', () => new Response('no JSON', { status: 400 })],
    ['is away', () => Promise.reject(new TypeError('fetch failed'))],
    [
      'breaks off',
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => {
              controller.enqueue(Uint8Array.of(1))
              controller.error(new TypeError('terminated'))
            },
          }),
        ),
    ],
  ])('is unavailable where it %s', async (_, answer) => {
    await expect(createStorage(answer).storage.read('a', 9)).rejects.toMatchObject({ code })
  })
})
