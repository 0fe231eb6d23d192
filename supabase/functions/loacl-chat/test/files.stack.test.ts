// Visitors' files through the functions under Deno, Storage and a real database, to a provider at the network's edge.
import { createKeyRing, sealProviderKey } from '@loacl/sealing'
import { type MockModel, sayHello, startMockModel } from '@loacl/mock-model'
import {
  ADMIN_FUNCTION,
  CHAT_FUNCTION,
  FUNCTIONS_PATH,
  readParts,
  type FileLink,
  type Message,
  type StartedUpload,
  type StreamPart,
  type UploadedFile,
} from '@loacl/wire'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStack } from '../../../../packages/local/src/index.ts'
import { createToken } from '../../../tests/support/api.ts'
import { createWorld, type World } from '../../../tests/support/world.ts'
import { makeJpeg, makePdf, makePng, toText } from '../../_shared/test/sample_files.ts'

let model: MockModel
let stack: Awaited<ReturnType<typeof startStack>>
let world: World
let me: ReturnType<typeof createVisitor>
const log: string[] = []

beforeAll(async () => {
  model = await startMockModel()
  stack = await startStack({ modelUrl: model.url, apiKey: 'sk-live-123', log: (line) => log.push(line) })
  world = createWorld(stack)
  await world.sql`
    update loacl.assistants set file_types = '{image/png,image/jpeg,application/pdf,text/plain}', follow_ups = false
    where id = ${stack.assistantId}
  `
})
afterAll(async () => {
  await world?.close()
  await stack?.stop()
  model?.stop()
})
beforeEach(() => {
  me = createVisitor()
  model.calls.length = 0
  model.script = sayHello
})

function createVisitor(token = createToken()) {
  const headers = { apikey: stack.publishableKey, 'x-loacl-session': token, 'content-type': 'application/json' }
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, { ...init, headers })
  const post = (path: string, body: object = {}) => call(path, { method: 'POST', body: JSON.stringify(body) })
  const begin = async (bytes: Uint8Array, type: string, name = 'me.png') => {
    const started = await post('/files', { assistantId: stack.assistantId, name, type, size: bytes.length })
    expect([started.status, started.status === 201 ? null : await started.clone().text()]).toEqual([201, null])
    return (await started.json()) as StartedUpload
  }
  const put = ({ upload }: StartedUpload, bytes: Uint8Array<ArrayBuffer>, type: string) =>
    fetch(`${stack.apiUrl}/${upload.url}`, { method: 'PUT', headers: { 'content-type': type }, body: bytes })
  const complete = (id: string) => post(`/files/${id}/complete`)
  return {
    token,
    post,
    begin,
    put,
    complete,
    remove: (id: string) => call(`/files/${id}`, { method: 'DELETE' }),
    async upload(bytes: Uint8Array<ArrayBuffer>, type: string, name?: string): Promise<UploadedFile> {
      const started = await begin(bytes, type, name)
      expect((await put(started, bytes, type)).status).toBe(200)
      const completed = await complete(started.id)
      expect(completed.status).toBe(200)
      return (await completed.json()) as UploadedFile
    },
    async link(id: string, download = false): Promise<Response> {
      const answer = await post(`/files/${id}/link`, { download })
      if (!answer.ok) return answer
      return fetch(`${stack.apiUrl}/${((await answer.json()) as FileLink).url}`)
    },
    async ask(body: object) {
      const all = {
        type: 'message',
        assistantId: stack.assistantId,
        id: crypto.randomUUID(),
        threadId: null,
        text: '',
        ...body,
      }
      const response = await post('/turns', all)
      if (!response.ok) return { error: ((await response.json()) as { error: { code: string } }).error.code }
      const parts: StreamPart[] = []
      for await (const { part } of readParts(response.body!)) parts.push(part)
      const { data } = parts.find((part) => part.type === 'data-turn') as Extract<StreamPart, { type: 'data-turn' }>
      const failed = parts.find((part) => part.type === 'data-error') as
        | Extract<StreamPart, { type: 'data-error' }>
        | undefined
      return { ...data, error: failed?.data.code }
    },
    async messages(threadId: string): Promise<readonly Message[]> {
      const { body } = await world.api.rpc('list_messages', { thread_id: threadId }, { token })
      return (body as { items: Message[] }).items
    },
  }
}

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code
const drain = async () => {
  const response = await fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${ADMIN_FUNCTION}/maintenance/drain`, {
    method: 'POST',
    headers: { apikey: stack.secretKey, authorization: `Bearer ${stack.secretKey}` },
  })
  expect(await response.json()).toMatchObject({ failed: 0, isDone: true })
}
/** What lies in the bucket under these paths. */
const objectsAt = async (paths: readonly string[]): Promise<string[]> =>
  (
    await world.sql<
      { name: string }[]
    >`select name from storage.objects where bucket_id = 'loacl' and name = any (${[...paths]})`
  ).map(({ name }) => name)
const pathsOf = async (token: string): Promise<string[]> =>
  (
    await world.sql<{ storage_path: string }[]>`
      select u.storage_path from loacl_private.uploads u join loacl_private.session_tokens k on k.session_id = u.session_id
      where k.token_hash = sha256(${token}::text::bytea) order by u.created_at`
  ).map(({ storage_path }) => storage_path)
const timePasses = (paths: readonly string[]) =>
  world.sql`update loacl_private.deletion_queue set due_at = now() where reference = any (${[...paths]})`

describe('a file', () => {
  it('is uploaded, sent with a message, told to the model, shown and opened', async () => {
    const picture = makePng(3, 2)
    const file = await me.upload(picture, 'image/png', '../me\u202E.png')
    expect(file).toEqual({ id: file.id, name: 'me.png', type: 'image/png', size: picture.length, width: 3, height: 2 })
    const { threadId } = (await me.ask({ text: 'What is this?', files: [file.id] })) as { threadId: string }
    expect(model.calls.at(-1)).toMatchObject({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: `data:image/png;base64,${Buffer.from(picture).toString('base64')}` },
          ],
        },
        { role: 'user', content: 'What is this?' },
      ],
    })
    const [, question] = await me.messages(threadId)
    expect(question!.parts).toEqual([
      { type: 'file', mediaType: 'image/png', filename: 'me.png', url: `loacl-file:${file.id}` },
      { type: 'text', text: 'What is this?' },
    ])
    const shown = await me.link(file.id)
    expect([shown.headers.get('content-type'), new Uint8Array(await shown.arrayBuffer())]).toEqual([
      'image/png',
      picture,
    ])
    expect((await me.link(file.id, true)).headers.get('content-disposition')).toContain('me.png')
    // Its message is answered; it is no longer to be taken away.
    expect(await codeOf(await me.remove(file.id))).toBe('id_conflict')
  })

  it('comes without a text, and with others; a later turn is told of it again', async () => {
    const [pdf, text] = [makePdf(), toText('The password is "swordfish".')]
    const [first, second] = [
      await me.upload(pdf, 'application/pdf', 'a.pdf'),
      await me.upload(text, 'text/plain', 'b.txt'),
    ]
    const { threadId } = (await me.ask({ files: [first.id, second.id] })) as { threadId: string }
    const told = [
      {
        content: [
          {
            type: 'input_file',
            filename: 'a.pdf',
            file_data: expect.stringContaining('data:application/pdf;base64,JVBERi0'),
          },
        ],
      },
      { content: '<file name="b.txt">\nThe password is "swordfish".\n</file>' },
    ]
    expect(model.calls.at(-1)!.input).toMatchObject(told)
    expect((await me.messages(threadId))[1]).toMatchObject({ content: '', parts: [{ type: 'file' }, { type: 'file' }] })
    await me.ask({ threadId, text: 'And?' })
    expect(model.calls.at(-1)!.input).toMatchObject([...told, { content: 'Hello' }, { content: 'And?' }])
  })

  it('is told in Chat Completions as well', async () => {
    const [{ ownerId } = { ownerId: '' }] = await world.sql<{ ownerId: string }[]>`
      select owner_id as "ownerId" from loacl.assistants where id = ${stack.assistantId}`
    const [provider, baseUrl] = ['openai-chat', model.url]
    const sealed = (await sealProviderKey(createKeyRing(stack.encryptionKeys), 'sk-chat-456', {
      ownerId,
      provider,
      baseUrl,
    }))!
    await world.sql`
      update loacl.assistants set provider_config_id = loacl_private.set_provider_key(
        ${ownerId}, ${provider}, ${baseUrl}, ${sealed.secretId}, ${sealed.keyId}, ${sealed.ciphertext}, ${sealed.lastFour}, false
      ) where id = ${stack.assistantId}`
    const [picture, pdf] = [makeJpeg(), makePdf()]
    const files = [
      await me.upload(picture, 'image/jpeg', 'a.jpg'),
      await me.upload(pdf, 'application/pdf', 'a.pdf'),
      await me.upload(toText('hi'), 'text/plain', 'a.txt'),
    ]
    await me.ask({ text: 'Look.', files: files.map(({ id }) => id) })
    const { messages } = model.calls.at(-1) as unknown as { messages: { role: string }[] }
    expect(messages.filter(({ role }) => role === 'user')).toEqual([
      {
        role: 'user',
        content: [
          {
            type: 'image_url',
            image_url: { url: `data:image/jpeg;base64,${Buffer.from(picture).toString('base64')}` },
          },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'file',
            file: {
              filename: 'a.pdf',
              file_data: `data:application/pdf;base64,${Buffer.from(pdf).toString('base64')}`,
            },
          },
        ],
      },
      { role: 'user', content: '<file name="a.txt">\nhi\n</file>' },
      { role: 'user', content: 'Look.' },
    ])
    await world.sql`update loacl.assistants set provider_config_id = null where id = ${stack.assistantId}`
  })

  it('stays with an edited message, and with another answer', async () => {
    const file = await me.upload(makePng(5, 5), 'image/png')
    const { threadId, messageId, userMessageId } = (await me.ask({ text: 'A', files: [file.id] })) as Record<
      string,
      string
    >
    const edited = { type: 'edit', threadId, messageId: userMessageId, text: 'B', id: crypto.randomUUID() }
    const again = await me.ask({ ...edited, files: [file.id] })
    expect(again.error).toBeUndefined()
    expect(model.calls.at(-1)!.input).toMatchObject([{ content: [{ type: 'input_image' }] }, { content: 'B' }])
    // The same request again is the same message.
    expect(await me.ask({ ...edited, files: [file.id] })).toMatchObject({
      userMessageId: (again as { userMessageId: string }).userMessageId,
    })
    expect(await me.ask(edited)).toMatchObject({ error: 'id_conflict' })
    await me.ask({ type: 'regenerate', threadId, messageId })
    expect(model.calls.at(-1)!.input).toMatchObject([{ content: [{ type: 'input_image' }] }, { content: 'A' }])
    // An edit that names it not leaves it out.
    await me.ask({ ...edited, id: crypto.randomUUID(), text: 'C' })
    expect(model.calls.at(-1)!.input).toMatchObject([{ content: 'C' }])
    // Another message can't have it.
    expect(await me.ask({ threadId, text: 'D', files: [file.id] })).toEqual({ error: 'file_not_found' })
  })
})

describe('bytes', () => {
  it('are stored once for a person, and the second path is emptied', async () => {
    const picture = makePng(7, 7)
    await me.upload(picture, 'image/png')
    await me.upload(picture, 'image/png')
    const paths = await pathsOf(me.token)
    await drain()
    expect(await objectsAt(paths)).toEqual([paths[0]])
  })

  it('are completed twice at once as one file', async () => {
    const picture = makePng(9, 9)
    const started = await me.begin(picture, 'image/png')
    await me.put(started, picture, 'image/png')
    const answers = await Promise.all(Array.from({ length: 5 }, async () => (await me.complete(started.id)).json()))
    for (const answer of answers)
      expect(answer).toEqual({
        id: started.id,
        name: 'me.png',
        size: picture.length,
        type: 'image/png',
        width: 9,
        height: 9,
      })
    expect(await world.sql`select from loacl.files where id = ${started.id}`).toHaveLength(1)
  })

  it('that are refused leave nothing', async () => {
    const note = toText('Hi.')
    const sent = await me.begin(note, 'text/plain', 'a.txt')
    expect((await me.put(sent, note, 'text/plain;,image/svg+xml')).status).toBe(200)
    expect(await codeOf(await me.complete(sent.id))).toBe('file_mismatch')
    const svg = toText('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    const started = await me.begin(svg, 'text/plain', 'a.txt')
    await me.put(started, svg, 'text/plain')
    expect(await codeOf(await me.complete(started.id))).toBe('file_malformed')
    expect(await codeOf(await me.complete(started.id))).toBe('file_not_found')
    await drain()
    expect(await objectsAt(await pathsOf(me.token))).toEqual([])
    expect(await world.sql`select from loacl.files where id = ${started.id}`).toEqual([])
  })

  it('of an erased person go, and go again when more came by the link', async () => {
    const [kept, running] = [makePng(11, 11), makePng(12, 12)]
    const done = await me.upload(kept, 'image/png')
    await me.ask({ text: 'Hi.', files: [done.id] })
    const started = await me.begin(running, 'image/png')
    const paths = await pathsOf(me.token)
    expect((await world.api.rpc('erase_visitor_data', {}, { token: me.token })).status).toBe(200)
    // The upload had begun before, and comes now.
    expect((await me.put(started, running, 'image/png')).status).toBe(200)
    expect(await codeOf(await me.complete(started.id))).toBe('session_expired')
    await drain()
    expect(await objectsAt(paths)).toEqual([])
    // Its link still works, once more.
    expect((await me.put(started, running, 'image/png')).status).toBe(200)
    expect(await objectsAt(paths)).toEqual([paths[1]])
    await timePasses(paths)
    await world.sql`update loacl_private.deletion_queue set again_at = null where reference = any (${paths})`
    await drain()
    expect(await objectsAt(paths)).toEqual([])
    expect(await world.sql`select from loacl_private.deletion_queue where reference = any (${paths})`).toEqual([])
  })
})

describe('others', () => {
  it('neither complete, open nor take away a file, nor send it', async () => {
    const picture = makePng(13, 13)
    const file = await me.upload(picture, 'image/png')
    const started = await me.begin(picture, 'image/png')
    await me.put(started, picture, 'image/png')
    const other = createVisitor()
    await other.ask({ text: 'Hi.' })
    for (const visitor of [other, createVisitor()]) {
      for (const id of [file.id, started.id]) {
        expect(await codeOf(await visitor.complete(id))).toBe('file_not_found')
        expect(await codeOf(await visitor.link(id))).toBe('file_not_found')
        expect(await codeOf(await visitor.remove(id))).toBe('file_not_found')
        expect(await visitor.ask({ text: 'Mine.', files: [id] })).toEqual({ error: 'file_not_found' })
      }
    }
    expect(await me.ask({ text: 'Mine.', files: [started.id] })).toEqual({ error: 'upload_incomplete' })
    expect((await me.complete(started.id)).status).toBe(200)
    expect(await me.ask({ text: 'Mine.', files: [file.id, started.id] })).toMatchObject({
      threadId: expect.any(String),
    })
  })

  it('who own the assistant open and delete it; the message keeps its name, and the model is told that alone', async () => {
    const file = await me.upload(makePng(14, 14), 'image/png')
    const { threadId } = (await me.ask({ text: 'Hi.', files: [file.id] })) as { threadId: string }
    const signIn = await fetch(`${stack.apiUrl}/auth/v1/token?grant_type=password`, {
      method: 'POST',
      headers: { apikey: stack.publishableKey, 'content-type': 'application/json' },
      body: JSON.stringify({ email: stack.ownerEmail, password: stack.ownerPassword }),
    })
    const { access_token: owner } = (await signIn.json()) as { access_token: string }
    const { jwt: stranger } = await world.createOperator()
    const asOperator = (method: string, path: string, jwt: string) =>
      fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${ADMIN_FUNCTION}/files/${path}`, {
        method,
        headers: { apikey: stack.publishableKey, authorization: `Bearer ${jwt}`, 'content-type': 'application/json' },
      })
    expect(await codeOf(await asOperator('POST', `${file.id}/link`, stranger))).toBe('file_not_found')
    expect(await codeOf(await asOperator('DELETE', file.id, stranger))).toBe('file_not_found')
    const { url } = (await (await asOperator('POST', `${file.id}/link`, owner)).json()) as FileLink
    expect((await fetch(`${stack.apiUrl}/${url}`)).status).toBe(200)
    const paths = await pathsOf(me.token)
    expect((await asOperator('DELETE', file.id, owner)).status).toBe(204)
    await drain()
    expect(await objectsAt(paths)).toEqual([])
    expect(await codeOf(await me.link(file.id))).toBe('file_not_found')
    expect((await me.messages(threadId))[1]!.parts[0]).toMatchObject({ type: 'file', filename: 'me.png' })
    await me.ask({ threadId, text: 'And?' })
    const told = [
      { content: '[Files that are not shown here: me.png]\nHi.' },
      { content: 'Hello' },
      { content: 'And?' },
    ]
    expect(model.calls.at(-1)!.input).toMatchObject(told)
  })
})

it('writes no fault into the owner’s log', () => {
  expect(log.filter((line) => line.includes('"error"'))).toEqual([])
})
