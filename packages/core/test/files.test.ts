import { createClient as createSupabase } from '@supabase/supabase-js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient, type LoaclClient, type UploadOptions } from '../src/index.ts'
import { createTestProject, type TestProject } from '../src/testing/index.ts'

const LIMITS = { types: ['text/plain', 'image/png'], maxBytes: 1_000, maxFiles: 3 } as const
const NOTES = new File(['Shopping: milk'], 'notes.txt', { type: 'text/plain' })

type Put = (send: () => Promise<Response>, init: RequestInit) => Promise<Response>

/** A client whose bytes go the way that `puts` says, one after the other, and then as they are. */
function setUp(...puts: Put[]) {
  const project = createTestProject({ assistant: { files: LIMITS } })
  const sent: RequestInit[] = []
  const fetchOfPage: typeof fetch = async (input, init = {}) => {
    const send = () => project.fetch(input, init)
    if (init.method !== 'PUT') return await send()
    sent.push(init)
    return await (puts.shift() ?? send)(send, init)
  }
  const client = createClient({ ...project, storage: 'memory', fetch: fetchOfPage })
  onTestEnd.push(() => client.dispose())
  return { project, client, sent }
}

const onTestEnd: (() => void)[] = []
afterEach(() => {
  for (const end of onTestEnd.splice(0)) end()
})

const namesOf = ({ requests }: TestProject): string[] => requests.map(({ name }) => name)
const count = (project: TestProject, name: string): number => namesOf(project).filter((other) => other === name).length
const lost: Put = () => Promise.reject(new TypeError('Failed to fetch'))
const refused: Put = async () =>
  new Response('{"statusCode":"400","error":"InvalidJWT","message":"\\"exp\\" claim timestamp check failed"}', {
    status: 400,
  })
const failing: Put = async () => new Response('{"statusCode":"503"}', { status: 503 })
/** Until its signal is aborted. */
const hanging: Put = (_, { signal }) =>
  new Promise((_resolve, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))

describe('an upload', () => {
  it('sends the bytes to Storage as they are, without a key or a session, and says how far it has come', async () => {
    const { client, sent } = setUp()
    const told: object[] = []
    await client.files.upload(NOTES, { onProgress: (progress) => told.push(progress) })
    expect(sent).toMatchObject([{ headers: { 'content-type': 'text/plain' }, body: NOTES }])
    expect(Object.keys(sent[0]!.headers!)).toEqual(['content-type'])
    expect(told).toEqual([
      { loaded: 0, total: NOTES.size },
      { loaded: NOTES.size, total: NOTES.size },
    ])
  })

  it('asks for nothing where the assistant takes no such file', async () => {
    const { client, project } = setUp()
    const upload = (bytes: BlobPart, type = '', name?: string) =>
      client.files.upload(new Blob([bytes], { type }), { name })
    await expect(upload('%PDF-1.7')).rejects.toMatchObject({ code: 'file_type_not_allowed' })
    await expect(upload('x', 'application/zip')).rejects.toMatchObject({ code: 'file_type_not_allowed' })
    await expect(upload('x', '', 'a.csv')).rejects.toMatchObject({ code: 'file_type_not_allowed' })
    await expect(upload('x'.repeat(1_001), 'text/plain')).rejects.toMatchObject({ code: 'file_too_large' })
    await expect(upload('', 'text/plain')).rejects.toMatchObject({ code: 'file_malformed' })
    expect(namesOf(project)).toEqual(['open_session'])
  })

  it('asks for nothing where the assistant takes no files', async () => {
    const project = createTestProject()
    const client = createClient({ ...project, storage: 'memory' })
    await expect(client.files.upload(NOTES)).rejects.toMatchObject({ code: 'files_unsupported' })
    expect(namesOf(project)).toEqual(['open_session'])
  })

  it('whose answer was lost finds its bytes there, and goes on', async () => {
    const { client, project } = setUp(async (send) => {
      await send()
      throw new TypeError('Failed to fetch')
    })
    expect(await client.files.upload(NOTES)).toMatchObject({ name: 'notes.txt', size: NOTES.size })
    expect([count(project, 'POST files'), count(project, 'PUT upload')]).toEqual([1, 2])
  })

  it('goes on after a connection that broke and a Storage that was away', async () => {
    const { client, project, sent } = setUp(lost, failing)
    project.fail('storage_unavailable', { at: 'POST files/:id/complete' })
    expect(await client.files.upload(NOTES)).toMatchObject({ name: 'notes.txt' })
    expect([sent.length, count(project, 'POST files/:id/complete')]).toEqual([3, 2])
  })

  it('begins again, once, where its link has run out', async () => {
    const { client, project } = setUp(refused)
    expect(await client.files.upload(NOTES)).toMatchObject({ name: 'notes.txt' })
    expect(count(project, 'POST files')).toBe(2)
    const other = setUp(refused, refused, refused)
    await expect(other.client.files.upload(NOTES)).rejects.toMatchObject({ code: 'storage_unavailable' })
    expect(count(other.project, 'POST files')).toBe(2)
  })

  it('is refused in the server’s words', async () => {
    const { client, project } = setUp()
    project.fail('file_quota_exceeded', { at: 'POST files', retryAfterMs: 9_000, message: 'Tomorrow.' })
    const error = { code: 'file_quota_exceeded', retryAfterMs: 9_000, message: 'Tomorrow.' }
    await expect(client.files.upload(NOTES)).rejects.toMatchObject(error)
    project.fail('file_encrypted', { at: 'POST files/:id/complete' })
    await expect(client.files.upload(NOTES)).rejects.toMatchObject({ code: 'file_encrypted' })
  })
})

describe('what ends an upload', () => {
  const endings: [string, string, (client: LoaclClient, abort: () => void) => unknown][] = [
    ['its signal', 'aborted', (_, abort) => abort()],
    ['signing out', 'aborted', (client) => client.signOut().catch(() => {})],
    ['dispose', 'disposed', (client) => client.dispose()],
  ]

  it.each(endings)('%s rejects with %s at once', async (_, code, end) => {
    const { client, sent } = setUp(hanging)
    const controller = new AbortController()
    const uploading = client.files.upload(NOTES, { signal: controller.signal })
    await expect.poll(() => sent).toHaveLength(1)
    void end(client, () => controller.abort())
    await expect(uploading).rejects.toMatchObject({ code })
    expect(sent[0]!.signal!.aborted).toBe(true)
  })

  it('its signal takes the file off the server, and nothing else does', async () => {
    const { client, project, sent } = setUp(hanging)
    const controller = new AbortController()
    const uploading = client.files.upload(NOTES, { signal: controller.signal })
    await expect.poll(() => sent).toHaveLength(1)
    controller.abort()
    await expect(uploading).rejects.toMatchObject({ code: 'aborted' })
    await expect.poll(() => count(project, 'DELETE files/:id')).toBe(1)
    const kept = await client.files.upload(NOTES, { signal: new AbortController().signal })
    expect(await client.files.link(kept.id)).toMatchObject({ url: expect.stringContaining(project.url) })
    expect(count(project, 'DELETE files/:id')).toBe(1)
  })

  it('a signal that is aborted already has nothing asked', async () => {
    const { client, project } = setUp()
    await expect(client.files.upload(NOTES, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    expect(namesOf(project)).toEqual([])
  })

  it('is not that the visitor says who they are', async () => {
    let go!: () => void
    const { client, project, sent } = setUp(async (send) => {
      await new Promise<void>((resolve) => (go = resolve))
      return await send()
    })
    const uploading = client.files.upload(NOTES)
    await expect.poll(() => sent).toHaveLength(1)
    await client.identify({ identityToken: project.identityToken('ada') })
    go()
    const file = await uploading
    expect(await client.threads.create().send({ text: '', files: [file] }).done).toMatchObject({ status: 'completed' })
  })
})

const onProgress: UploadOptions['onProgress'] = () => {
  throw new Error('of the page')
}

describe('a fault of the page', () => {
  it('in onProgress is the page’s to see, and ends no upload', async () => {
    const errors: unknown[] = []
    vi.stubGlobal('queueMicrotask', (work: () => void) => {
      try {
        work()
      } catch (error) {
        errors.push(error)
      }
    })
    onTestEnd.push(() => vi.unstubAllGlobals())
    expect(await setUp().client.files.upload(NOTES, { onProgress })).toMatchObject({ name: 'notes.txt' })
    expect(errors).toEqual([new Error('of the page'), new Error('of the page')])
  })
})

describe('a message with files', () => {
  it('that was not sent is sent again with them', async () => {
    const { client, project } = setUp()
    const file = await client.files.upload(NOTES)
    const thread = client.threads.create()
    project.fail('rate_limited')
    await thread.send({ text: 'See', files: [file] }).done
    const before = thread.getSnapshot().messages[0]!
    expect(before.status).toBe('failed')
    expect(await thread.retry().done).toMatchObject({ status: 'completed' })
    expect(thread.getSnapshot().messages[0]!.parts).toEqual(before.parts)
    const [first, second] = project.requests.filter(({ name }) => name === 'POST turns')
    expect(first!.body).toMatchObject({ files: [file.id] })
    expect(second!.body).toEqual(first!.body)
  })
})

describe('with the page’s own supabase-js client', () => {
  it('the functions are asked through it, and Storage is not', async () => {
    const project = createTestProject({ assistant: { files: LIMITS } })
    vi.stubGlobal('fetch', project.fetch)
    onTestEnd.push(() => vi.unstubAllGlobals())
    const supabase = createSupabase(project.url, project.key, { auth: { persistSession: false } })
    const client = createClient({ supabase, assistant: project.assistant, storage: 'memory' })
    const { id } = await client.files.upload(NOTES)
    const { headers } = project.requests.find(({ name }) => name === 'PUT upload')!
    expect(['apikey', 'authorization'].filter((name) => headers.has(name))).toEqual([])
    const { url } = await client.files.link(id)
    expect(await (await fetch(url)).text()).toBe('Shopping: milk')
    await client.files.remove(id)
    await expect(client.files.link(id)).rejects.toMatchObject({ code: 'file_not_found' })
  })
})

describe('links', () => {
  it('are absolute, below the project’s address', async () => {
    const { client, project } = setUp()
    const { id } = await client.files.upload(NOTES)
    const { url } = await client.files.link(id)
    expect(url).toMatch(/^https:\/\/loacl-test\.supabase\.co\/storage\/v1\/object\/sign\/loacl\//)
    expect(await (await project.fetch(url)).text()).toBe('Shopping: milk')
    await expect(client.files.link('../turns')).rejects.toMatchObject({ code: 'file_not_found' })
  })
})
