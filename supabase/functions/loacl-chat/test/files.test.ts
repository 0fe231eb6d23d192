import type { StartedUpload } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import { newCaller } from '../../_shared/test/contract_visitor.ts'
import { makePng, toText } from '../../_shared/test/sample_files.ts'
import { createChatWorld } from './chat_world.ts'

async function createWorld() {
  const world = await createChatWorld([])
  const post = (path: string, body?: unknown, headers?: Record<string, string | null>) =>
    world.request(path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) }, headers)
  const picture = makePng(3, 2)
  const asked = { assistantId: world.assistantId, name: 'me.png', type: 'image/png', size: picture.length }
  const begin = async (change: object = {}) =>
    (await (await post('/files', { ...asked, ...change })).json()) as StartedUpload
  const send = (id: string, bytes = picture, mediaType = 'image/png') =>
    world.files.objects.set(world.files.uploads.get(id)!.path, { bytes, mediaType })
  return { ...world, post, picture, asked, begin, send }
}

const codeOf = async (response: Response): Promise<[number, string]> => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
]

describe('an upload', () => {
  it('is begun, completed and opened', async () => {
    const { begin, post, send, picture } = await createWorld()
    const { id, name, upload } = await begin({ name: '/home/ada/me\u202E.png', type: 'IMAGE/PNG' })
    expect([name, upload.url]).toEqual(['me.png', expect.stringMatching(/^storage\/v1\/object\/upload\/sign\/loacl\//)])
    send(id)
    const file = { id, name: 'me.png', type: 'image/png', size: picture.length, width: 3, height: 2 }
    for (const _ of ['once', 'again']) expect(await (await post(`/files/${id}/complete`)).json()).toEqual(file)
    expect(await (await post(`/files/${id}/link`)).json()).toMatchObject({
      url: expect.not.stringContaining('download'),
    })
    expect(await (await post(`/files/${id}/link`, { download: true })).json()).toMatchObject({
      url: expect.stringContaining('download=me.png'),
    })
  })

  it('is not complete before its bytes have come, and can be after', async () => {
    const { begin, post, send } = await createWorld()
    const { id } = await begin()
    expect(await codeOf(await post(`/files/${id}/complete`))).toEqual([409, 'upload_incomplete'])
    send(id)
    expect((await post(`/files/${id}/complete`)).status).toBe(200)
  })

  it.each<[string, Uint8Array<ArrayBuffer>, string, number, string]>([
    ['of more bytes than it said', Uint8Array.of(...makePng(3, 2), 0), 'image/png', 422, 'file_mismatch'],
    ['of fewer', toText('a'), 'image/png', 422, 'file_mismatch'],
    ['sent as something else', makePng(3, 2), 'text/html', 422, 'file_mismatch'],
    ['sent under two types', makePng(3, 2), 'image/png;,image/svg+xml', 422, 'file_mismatch'],
    ['sent under a type with parameters', makePng(3, 2), 'image/png; a=", text/html; b="', 422, 'file_mismatch'],
    ['of another kind', toText('x'.repeat(makePng(3, 2).length)), 'image/png', 422, 'file_mismatch'],
    ['that is damaged', makePng(3, 2).fill(0, -9), 'image/png', 422, 'file_malformed'],
  ])('%s is refused, and taken away', async (_, bytes, mediaType, status, code) => {
    const { begin, post, send, files } = await createWorld()
    const { id } = await begin()
    send(id, bytes, mediaType)
    expect(await codeOf(await post(`/files/${id}/complete`))).toEqual([status, code])
    expect([files.uploads.size, files.objects.size]).toEqual([0, 0])
  })

  it('stays where Storage is away, for another try', async () => {
    const { begin, post, send, files, reported } = await createWorld()
    const { id } = await begin()
    send(id)
    files.away = new CodedError('storage_unavailable', 'Away.')
    expect(await codeOf(await post(`/files/${id}/complete`))).toEqual([503, 'storage_unavailable'])
    // Only the owner can mend it, as where Storage signs links for too long.
    expect(reported).toEqual([files.away])
    files.away = null
    expect((await post(`/files/${id}/complete`)).status).toBe(200)
  })

  it('waits where the worker looks through as much as it can hold, however many come at once', async () => {
    const { begin, post, send } = await createWorld()
    const bytes = toText('a'.repeat(12 * 1024 * 1024))
    const ids: string[] = []
    for (let count = 0; count < 4; count++) {
      const { id } = await begin({ name: 'a.txt', type: 'text/plain', size: bytes.length })
      send(id, bytes, 'text/plain')
      ids.push(id)
    }
    const complete = (id: string) => post(`/files/${id}/complete`)
    const answers = await Promise.all(ids.map(complete))
    const refused = ids.filter((_, at) => answers[at]!.status === 503)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect([await codeOf(answer), answer.headers.get('retry-after')]).toEqual([[503, 'busy'], '2'])
    for (const id of refused) expect((await complete(id)).status).toBe(200)
  })

  it('of any size is looked through where no other is', async () => {
    const { begin, post, send } = await createWorld()
    const bytes = toText('a'.repeat(40 * 1024 * 1024))
    const { id } = await begin({ name: 'a.txt', type: 'text/plain', size: bytes.length })
    send(id, bytes, 'text/plain')
    for (const _ of ['once', 'again']) expect((await post(`/files/${id}/complete`)).status).toBe(200)
  })

  it('is taken away', async () => {
    const { begin, request, post, files } = await createWorld()
    const { id } = await begin()
    expect((await request(`/files/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect(files.uploads.size).toBe(0)
    expect(await codeOf(await post(`/files/${id}/complete`))).toEqual([404, 'file_not_found'])
  })
})

describe('a bad request', () => {
  it.each([
    [{ assistantId: 'x' }],
    [{ name: 7 }],
    [{ type: null }],
    [{ size: 0 }],
    [{ size: -1 }],
    [{ size: 1.5 }],
    [{ size: '9' }],
    [{ size: Number.MAX_VALUE }],
  ])('%j begins nothing', async (change) => {
    const { asked, post, files } = await createWorld()
    expect(await codeOf(await post('/files', { ...asked, ...change }))).toEqual([400, 'invalid_body'])
    expect(files.uploads.size).toBe(0)
  })

  it('has a name of 5,000 characters, of which 255 are kept', async () => {
    const { begin } = await createWorld()
    expect([...(await begin({ name: `${'👋'.repeat(5_000)}.png` })).name]).toHaveLength(255)
  })

  it.each(['/files/x/complete', '/files/x/link', `/files/${crypto.randomUUID()}/link`])(
    '%s is nobody’s',
    async (path) => {
      const { post } = await createWorld()
      expect(await codeOf(await post(path))).toEqual([404, 'file_not_found'])
    },
  )

  it('comes from another visitor, or from nobody', async () => {
    const { begin, post, send, request } = await createWorld()
    const { id } = await begin()
    send(id)
    const other = { 'x-loacl-session': newCaller().sessionToken }
    const nobody = { 'x-loacl-session': null }
    for (const path of [`/files/${id}/complete`, `/files/${id}/link`]) {
      expect(await codeOf(await post(path, undefined, other))).toEqual([404, 'file_not_found'])
      expect(await codeOf(await post(path, undefined, nobody))).toEqual([401, 'session_missing'])
    }
    expect((await request(`/files/${id}`, { method: 'DELETE' }, other)).status).toBe(404)
    expect((await post(`/files/${id}/complete`)).status).toBe(200)
  })

  it('asks for a link that is neither to show nor to save', async () => {
    const { begin, post, send } = await createWorld()
    const { id } = await begin()
    send(id)
    await post(`/files/${id}/complete`)
    expect(await codeOf(await post(`/files/${id}/link`, { download: 'yes' }))).toEqual([400, 'invalid_body'])
  })
})
