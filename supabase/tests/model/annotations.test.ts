import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const token = createToken()

let operator: Operator
let assistantId: string
let turn: BegunTurn
let documentId: string
let fileId: string

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
  turn = await world.converse(assistantId, token)
  const [document] = await sql<{ id: string }[]>`
    insert into loacl.documents (owner_id, original_name, provider_file_id) values (${operator.userId}, 'handbook.pdf', 'file-handbook')
    returning id
  `
  documentId = document!.id
  // The same id in another owner's account is another file.
  const other = await world.createOperator()
  await sql`insert into loacl.documents (owner_id, original_name, provider_file_id) values (${other.userId}, 'theirs.pdf', 'file-handbook')`
  const [file] = await sql<{ added: { id: string; objectId: string } }[]>`
    select loacl.add_file(session_id, id, 'mine.pdf', 'application/pdf', 5, ${'ef'.repeat(32)}) as added from loacl.threads where id = ${turn.threadId}
  `
  fileId = file!.added.id
  await sql`update loacl.file_objects set provider_file_id = 'file-mine' where id = ${file!.added.objectId}`
})
afterAll(() => world.close())

const save = (annotations: unknown) =>
  api.rpc('save_annotations', { message_id: turn.messageId, annotations }, world.asServer())
const columns = 'position,type,title,url,document_id,file_id,quote,start_index,end_index'
const read = async (caller: object = { token }) =>
  (await api.select(`message_annotations?message_id=eq.${turn.messageId}&select=${columns}&order=position`, caller))
    .body
const nothing = {
  title: null,
  url: null,
  document_id: null,
  file_id: null,
  quote: null,
  start_index: null,
  end_index: null,
}

it('keeps what an answer cites, in order, and finds the files', async () => {
  const { status, body } = await save([
    { type: 'file_citation', fileId: 'file-handbook', title: 'handbook.pdf', quote: 'Always open.' },
    { type: 'url_citation', url: 'https://a.test/x', title: 'X', startIndex: 3, endIndex: 7 },
    { type: 'file_citation', fileId: 'file-mine' },
    { type: 'file_citation', fileId: 'file-unknown', title: 'gone.pdf' },
  ])
  expect([status, body]).toEqual([200, 4])
  const expected = [
    {
      ...nothing,
      position: 1,
      type: 'file_citation',
      title: 'handbook.pdf',
      document_id: documentId,
      quote: 'Always open.',
    },
    {
      ...nothing,
      position: 2,
      type: 'url_citation',
      url: 'https://a.test/x',
      title: 'X',
      start_index: 3,
      end_index: 7,
    },
    { ...nothing, position: 3, type: 'file_citation', file_id: fileId },
    { ...nothing, position: 4, type: 'file_citation', title: 'gone.pdf' },
  ]
  expect(await read()).toEqual(expected)
  expect(await read({ jwt: operator.jwt })).toEqual(expected)
  expect(await read({ token: createToken() })).toEqual([])
})

it('leaves out what can’t be shown, and can be done again', async () => {
  const { body } = await save([
    { type: 'url_citation', url: 'javascript:alert(1)' },
    { type: 'url_citation' },
    { type: 'telepathy', title: 'x' },
    { type: 'url_citation', url: 'https://b.test', startIndex: 9, endIndex: 2 },
  ])
  expect(body).toBe(1)
  expect(await read()).toEqual([{ ...nothing, position: 1, type: 'url_citation', url: 'https://b.test' }])
  expect((await save([])).body).toBe(0)
  expect((await save(null)).body).toBe(0)
  expect(await read()).toEqual([])
})

it('outlives the document, which then is only a title', async () => {
  await save([{ type: 'file_citation', fileId: 'file-handbook', title: 'handbook.pdf' }])
  await api.remove(`documents?id=eq.${documentId}`, { jwt: operator.jwt })
  expect(await read()).toEqual([{ ...nothing, position: 1, type: 'file_citation', title: 'handbook.pdf' }])
})

it('outlives the visitor’s file, too', async () => {
  await save([{ type: 'file_citation', fileId: 'file-mine', title: 'mine.pdf' }])
  expect(await read()).toMatchObject([{ file_id: fileId }])
  await sql`delete from loacl.files where id = ${fileId}`
  expect(await read()).toEqual([{ ...nothing, position: 1, type: 'file_citation', title: 'mine.pdf' }])
})

it('can’t hold a link that is none', async () => {
  for (const url of ['javascript:alert(1)', 'https://a b', '//a.test', null]) {
    const insert = sql`insert into loacl.message_annotations (message_id, type, url, position) values (${turn.messageId}, 'url_citation', ${url}, 9)`
    await expect(insert.then(() => null)).rejects.toMatchObject({ code: '23514' })
  }
})

it('is written by the functions alone', async () => {
  const args = { message_id: turn.messageId, annotations: [] }
  expect((await api.rpc('save_annotations', args, { token })).status).toBe(401)
  expect((await api.rpc('save_annotations', args, { jwt: operator.jwt })).status).toBe(403)
})
