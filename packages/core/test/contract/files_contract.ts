import { FILE_URL, type FileLink, type StartedUpload, type UploadedFile } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import type { Message, Thread } from '../../src/index.ts'
import { memoryStorage } from '../support/watch.ts'
import { callerOf, clientOf, collect, type ProjectUnderTest, turnOf } from './project_under_test.ts'
import { codeOf, messagesIn } from './wire_calls.ts'

type Caller = ReturnType<typeof callerOf>

/** What each project's assistant takes. */
export const FILES = { types: ['text/plain', 'application/pdf'], maxBytes: 1_000, maxFiles: 2 } as const

const NOTES = 'Shopping: milk'

/** Of `client.files` too, in a document of a test as well, whose Blobs are its own. */
const textFile = (name = 'notes.txt', text = NOTES): File => new File([text], name, { type: 'text/plain' })

async function begin(project: ProjectUnderTest, me: Caller, change: object = {}): Promise<Response> {
  const request = {
    assistantId: project.assistant,
    name: 'notes.txt',
    type: 'text/plain',
    size: NOTES.length,
    ...change,
  }
  return me.chat('POST', 'files', request)
}

const put = (project: ProjectUnderTest, { upload }: StartedUpload, body = NOTES, type = 'text/plain') =>
  fetch(`${project.url}/${upload.url}`, { method: 'PUT', headers: { 'content-type': type }, body })

async function uploadAs(project: ProjectUnderTest, me: Caller): Promise<UploadedFile> {
  const started = (await (await begin(project, me)).json()) as StartedUpload
  expect((await put(project, started)).status).toBe(200)
  return (await (await me.chat('POST', `files/${started.id}/complete`, {})).json()) as UploadedFile
}

async function send(project: ProjectUnderTest, me: Caller, change: object) {
  project.stream().say('Thanks').end()
  const parts = await collect(await me.chat('POST', 'turns', me.message('', change))).all()
  return turnOf(parts)
}

const partOf = ({ id, name, type }: UploadedFile) => ({
  type: 'file',
  mediaType: type,
  filename: name,
  url: FILE_URL + id,
})
const partsOf = (thread: Thread): Message['parts'] => thread.getSnapshot().messages[0]!.parts

/** What each project does with visitors' files. */
export function filesContract(project: () => ProjectUnderTest): void {
  describe('a file', () => {
    it('is uploaded, sent once, found with its message, and opened by its visitor', async () => {
      const me = callerOf(project())
      const started = await begin(project(), me, { name: 'C:\\notes.txt' })
      expect(started.status).toBe(201)
      const { id, name, upload: to } = (await started.json()) as StartedUpload
      expect([name, to.url]).toEqual([
        'notes.txt',
        expect.stringMatching(/^storage\/v1\/object\/upload\/sign\/loacl\//),
      ])
      expect(await codeOf(await me.chat('POST', `files/${id}/complete`, {}))).toBe('upload_incomplete')
      expect(await codeOf(await me.chat('POST', 'turns', me.message('', { files: [id] })))).toBe('upload_incomplete')
      expect((await put(project(), { id, name, upload: to })).status).toBe(200)
      // A second time: Storage tells it in the body.
      const again = await put(project(), { id, name, upload: to })
      expect([again.ok, await again.json()]).toEqual([false, expect.objectContaining({ statusCode: '409' })])
      const file = { id, name, type: 'text/plain', size: NOTES.length }
      for (const _ of [1, 2]) {
        const completed = await me.chat('POST', `files/${id}/complete`, {})
        expect([completed.status, await completed.json()]).toEqual([200, file])
      }
      const { threadId } = await send(project(), me, { files: [id] })
      const { items } = await messagesIn(me, threadId)
      expect(items.at(-1)).toMatchObject({ content: '', parts: [partOf(file as UploadedFile)] })
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Again', { files: [id] })))).toBe('file_not_found')
      expect(await codeOf(await me.chat('DELETE', `files/${id}`))).toBe('id_conflict')
      for (const download of [false, true]) {
        const link = (await (await me.chat('POST', `files/${id}/link`, { download })).json()) as FileLink
        const opened = await fetch(`${project().url}/${link.url}`)
        expect(await opened.text()).toBe(NOTES)
        expect(/notes\.txt/.test(opened.headers.get('content-disposition') ?? '')).toBe(download)
      }
    })

    it('that was not sent is taken away, also twice', async () => {
      const me = callerOf(project())
      const { id } = await uploadAs(project(), me)
      for (const _ of [1, 2]) expect((await me.chat('DELETE', `files/${id}`)).status).toBe(204)
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Hi', { files: [id] })))).toBe('file_not_found')
      expect(await codeOf(await me.chat('POST', `files/${id}/link`, {}))).toBe('file_not_found')
    })

    it('is nobody else’s', async () => {
      const me = callerOf(project())
      const { id } = await uploadAs(project(), me)
      const eve = callerOf(project())
      await uploadAs(project(), eve)
      for (const [method, path] of [
        ['POST', '/complete'],
        ['POST', '/link'],
        ['DELETE', ''],
      ] as const)
        expect(await codeOf(await eve.chat(method, `files/${id}${path}`, method === 'POST' ? {} : undefined))).toBe(
          'file_not_found',
        )
      expect(await codeOf(await eve.chat('POST', 'turns', eve.message('Hi', { files: [id] })))).toBe('file_not_found')
    })

    it.each([
      ['file_type_not_allowed', { type: 'image/png' }],
      ['file_type_not_allowed', { type: 'application/zip' }],
      ['file_too_large', { size: FILES.maxBytes + 1 }],
      ['invalid_body', { size: 0 }],
      ['assistant_not_found', { assistantId: crypto.randomUUID() }],
    ])('is refused with %s before it is uploaded: %j', async (code, change) => {
      expect(await codeOf(await begin(project(), callerOf(project()), change))).toBe(code)
    })

    it('that is another than it was said to be is refused, and is gone', async () => {
      const me = callerOf(project())
      const started = (await (await begin(project(), me)).json()) as StartedUpload
      await put(project(), started, '%PDF-1.7 hidden')
      expect(await codeOf(await me.chat('POST', `files/${started.id}/complete`, {}))).toBe('file_mismatch')
      expect(await codeOf(await me.chat('POST', `files/${started.id}/complete`, {}))).toBe('file_not_found')
    })

    it('is one of no more than a message may have', async () => {
      const me = callerOf(project())
      const files = [await uploadAs(project(), me), await uploadAs(project(), me), await uploadAs(project(), me)]
      const ids = files.map(({ id }) => id)
      expect(await codeOf(await me.chat('POST', 'turns', me.message('Hi', { files: ids })))).toBe('too_many_files')
    })
  })

  describe('a client with files', () => {
    it('uploads, shows the message with its files at once, and finds it so after a reload', async () => {
      const storage = memoryStorage()
      const client = clientOf(project(), storage)
      const told: number[] = []
      const first = await client.files.upload(textFile(), { onProgress: ({ loaded }) => told.push(loaded) })
      expect(first).toEqual({ id: first.id, name: 'notes.txt', type: 'text/plain', size: NOTES.length })
      expect(told.at(-1)).toBe(NOTES.length)
      const second = await client.files.upload(textFile('more.txt', 'More'))
      const thread = client.threads.create()
      project().stream().say('Thanks').end()
      const turn = thread.send({ text: 'See these', files: [second, first] })
      const parts = [partOf(second), partOf(first), { type: 'text', text: 'See these' }]
      expect(partsOf(thread)).toEqual(parts)
      expect(await turn.text()).toBe('Thanks')
      const reloaded = clientOf(project(), storage).threads.get(thread.getSnapshot().id)
      await reloaded.load()
      expect(partsOf(reloaded)).toEqual(parts)
      const { url, expiresAt } = await client.files.link(first.id, { download: true })
      expect(await (await fetch(url)).text()).toBe(NOTES)
      expect(Date.parse(expiresAt)).toBeGreaterThan(0)
    })

    it('sends files alone, and keeps them in an edit that says nothing of them', async () => {
      const client = clientOf(project())
      const file = await client.files.upload(textFile())
      const thread = client.threads.create()
      project().stream().say('Thanks').end()
      await thread.send({ text: '', files: [file] }).done
      expect(partsOf(thread)).toEqual([partOf(file)])
      const edit = async (input: Parameters<Thread['edit']>[1]) => {
        project().stream().say('Yes').end()
        const result = await thread.edit(thread.getSnapshot().messages[0]!.id, input).done
        expect(result).toMatchObject({ status: 'completed' })
        const shown = partsOf(thread)
        await thread.load()
        expect(partsOf(thread)).toEqual(shown)
        return shown
      }
      expect(await edit('What is it?')).toEqual([partOf(file), { type: 'text', text: 'What is it?' }])
      const other = await client.files.upload(textFile('other.txt'))
      expect(await edit({ text: '', files: [other, file] })).toEqual([partOf(other), partOf(file)])
      expect(await edit({ text: 'Without', files: [] })).toEqual([{ type: 'text', text: 'Without' }])
      const empty = thread.edit(thread.getSnapshot().messages[0]!.id, { text: ' ', files: [] })
      expect(await empty.done).toMatchObject({ status: 'failed', error: { code: 'text_required' } })
    })

    it('takes one away, and refuses too many and too large ones by itself', async () => {
      const client = clientOf(project())
      const files = [await client.files.upload(textFile()), await client.files.upload(textFile())]
      const all = [...files, await client.files.upload(textFile())]
      const refused = client.threads.create().send({ text: 'Hi', files: all })
      expect(await refused.done).toMatchObject({ status: 'failed', error: { code: 'too_many_files' } })
      for (const _ of [1, 2]) await client.files.remove(files[0]!.id)
      const gone = client.threads.create().send({ text: 'Hi', files })
      expect(await gone.done).toMatchObject({ status: 'failed', error: { code: 'file_not_found' } })
      const large = textFile('large.txt', 'x'.repeat(FILES.maxBytes + 1))
      await expect(client.files.upload(large)).rejects.toMatchObject({ code: 'file_too_large' })
      const picture = new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)], 'a.txt', { type: 'text/plain' })
      await expect(client.files.upload(picture)).rejects.toMatchObject({ code: 'file_type_not_allowed' })
    })

    it('forgets the files of a visitor whose data is erased', async () => {
      const client = clientOf(project())
      const { id } = await client.files.upload(textFile())
      expect((await client.exportData()).files).toMatchObject([{ id, originalName: 'notes.txt' }])
      await client.eraseData()
      await expect(client.files.link(id)).rejects.toMatchObject({ code: 'file_not_found' })
    })
  })
}
