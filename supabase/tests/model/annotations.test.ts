import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const token = createToken()
const TEXT = 'An anchor 🪝 holds. A rope does, too.'

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

/** Stores an answer's parts as the functions do. */
const save = (...parts: object[]) =>
  sql`update loacl.messages set content = ${TEXT}, parts = ${sql.json([{ type: 'text', text: TEXT }, ...parts] as never)} where id = ${turn.messageId}`
const page = { type: 'source-url', sourceId: 'source-1', url: 'https://a.test/x', title: 'X' }
const file = { type: 'source-document', sourceId: 'source-2', mediaType: 'text/plain', title: 'gone.pdf' }
const columns = 'position,type,text,title,url,document_id,file_id,quote,start_index,end_index'
const read = async (caller: object = { token }) =>
  (await api.select(`message_annotations?message_id=eq.${turn.messageId}&select=${columns}&order=position`, caller))
    .body
const nothing = {
  text: null,
  title: null,
  url: null,
  document_id: null,
  file_id: null,
  quote: null,
  start_index: null,
  end_index: null,
}

it('keeps what an answer cites, in order, with places and passages, and finds the files', async () => {
  await save(
    {
      ...page,
      citations: [
        { start: 3, end: 18, quote: 'It holds.' },
        { start: 19, end: 25 },
      ],
    },
    { ...file, sourceId: `document-${documentId}`, title: 'handbook.pdf', citations: [{ quote: 'Always open.' }] },
    { ...file, sourceId: `file-${fileId}`, title: 'mine.pdf' },
    file,
    { ...file, sourceId: 'container-5', title: 'made.csv' },
    // One that anybody may read is a link to the visitor, and a document here.
    { ...page, sourceId: `document-${documentId}`, title: 'handbook.pdf' },
  )
  const cited = { ...nothing, type: 'url_citation', title: 'X', url: 'https://a.test/x' }
  const fromFile = { ...nothing, type: 'file_citation' }
  const expected = [
    { ...cited, position: 1, text: 'anchor 🪝 holds.', quote: 'It holds.', start_index: 3, end_index: 18 },
    { ...cited, position: 2, text: 'A rope', start_index: 19, end_index: 25 },
    { ...fromFile, position: 3, title: 'handbook.pdf', document_id: documentId, quote: 'Always open.' },
    { ...fromFile, position: 4, title: 'mine.pdf', file_id: fileId },
    { ...fromFile, position: 5, title: 'gone.pdf' },
    { ...fromFile, position: 6, type: 'container_file_citation', title: 'made.csv' },
    { ...fromFile, position: 7, title: 'handbook.pdf', document_id: documentId },
  ]
  expect([...TEXT].slice(3, 18).join('')).toBe('anchor 🪝 holds.')
  expect(await read()).toEqual(expected)
  expect(await read({ jwt: operator.jwt })).toEqual(expected)
  expect(await read({ token: createToken() })).toEqual([])
  expect(await read({ jwt: (await world.createOperator()).jwt })).toEqual([])
})

it('leaves out what can’t be shown, and follows the answer', async () => {
  await save(
    { ...page, url: 'javascript:alert(1)' },
    { type: 'source-url', sourceId: 'source-3' },
    { ...page, url: 'https://b.test', title: null, citations: [{ start: 9, end: 2 }] },
  )
  expect(await read()).toEqual([{ ...nothing, position: 1, type: 'url_citation', url: 'https://b.test' }])
  await save()
  expect(await read()).toEqual([])
})

it.each<unknown[]>([
  [-1, 4],
  [0, 1e99],
  [0, 999],
  [0.5, 2],
  ['0', '4'],
  [null, 4],
  [[], {}],
])('has no place from %j to %j, and is kept', async (start, end) => {
  await save({ ...page, citations: [{ start, end, quote: 'Q' }] })
  expect(await read()).toMatchObject([{ url: 'https://a.test/x', quote: 'Q', start_index: null, end_index: null }])
})

it.each([7, 'x', {}, null, [7], [null], [[]]])('is kept without citations where these are %j', async (citations) => {
  await save({ ...page, citations })
  expect(await read()).toMatchObject([{ url: 'https://a.test/x', quote: null, start_index: null }])
})

it('is kept up to a thousand times in one answer', async () => {
  const citations = Array.from({ length: 10_000 }, () => ({ start: 0, end: 2, quote: 'q'.repeat(20) }))
  await save({ ...page, citations })
  const [counted] =
    await sql`select count(*)::integer from loacl.message_annotations where message_id = ${turn.messageId}`
  expect(counted).toEqual({ count: 1_000 })
})

it('is no document of another owner’s and no file of another visitor’s', async () => {
  const [theirs] = await sql<{ id: string }[]>`select id from loacl.documents where original_name = 'theirs.pdf'`
  const other = await world.converse(assistantId, createToken())
  const [upload] = await sql<{ added: { id: string } }[]>`
    select loacl.add_file(session_id, id, 'other.pdf', 'application/pdf', 5, ${'ab'.repeat(32)}) as added from loacl.threads where id = ${other.threadId}
  `
  await save(
    { ...file, sourceId: `document-${theirs!.id}` },
    { ...file, sourceId: `file-${upload!.added.id}` },
    { ...file, sourceId: 'document-nonsense' },
  )
  const left = { ...nothing, type: 'file_citation', title: 'gone.pdf' }
  expect(await read()).toEqual([1, 2, 3].map((position) => ({ ...left, position })))
})

const find = (lease: string, ...ids: string[]) =>
  api.rpc('find_cited_files', { turn_id: turn.turn.id, lease, file_ids: ids }, world.asServer())

it('finds the owner’s documents and the visitor’s files by the provider’s ids, for the worker that has the turn', async () => {
  const asked = ['file-handbook', 'file-mine', 'file-unknown', 'file-handbook']
  const handbook = { fileId: 'file-handbook', sourceId: `document-${documentId}`, title: 'handbook.pdf', url: null }
  const mine = { fileId: 'file-mine', sourceId: `file-${fileId}`, title: 'mine.pdf', url: null }
  expect((await find(turn.turn.lease, ...asked)).body).toEqual([handbook, mine, handbook])
  expect((await find(crypto.randomUUID(), ...asked)).body).toEqual([])

  const change = (public_url: string | null, by = operator) =>
    api.update(`documents?id=eq.${documentId}`, { public_url }, { jwt: by.jwt })
  expect((await change('https://harbour.test/handbook', await world.createOperator())).body).toEqual([])
  expect((await change('javascript:alert(1)')).status).toBe(400)
  expect((await find(turn.turn.lease, 'file-handbook')).body).toEqual([handbook])
  await change('https://harbour.test/handbook')
  expect((await find(turn.turn.lease, 'file-handbook')).body).toEqual([
    { ...handbook, url: 'https://harbour.test/handbook' },
  ])
})

it('outlives the document, which then is only a title', async () => {
  await save({ ...file, sourceId: `document-${documentId}`, title: 'handbook.pdf' })
  await api.remove(`documents?id=eq.${documentId}`, { jwt: operator.jwt })
  expect(await read()).toEqual([{ ...nothing, position: 1, type: 'file_citation', title: 'handbook.pdf' }])
})

it('outlives the visitor’s file, too', async () => {
  await save({ ...file, sourceId: `file-${fileId}`, title: 'mine.pdf' })
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

it('is written by the functions alone, and nobody else finds files', async () => {
  const row = { message_id: turn.messageId, type: 'url_citation', url: 'https://evil.test', position: 9 }
  const args = { turn_id: turn.turn.id, lease: turn.turn.lease, file_ids: ['file-mine'] }
  for (const [caller, refused] of [
    [{ token }, 401],
    [{ jwt: operator.jwt }, 403],
  ] as const) {
    expect((await api.insert('message_annotations', row, caller)).status).toBe(refused)
    expect((await api.remove(`message_annotations?message_id=eq.${turn.messageId}`, caller)).status).toBe(refused)
    expect((await api.rpc('find_cited_files', args, caller)).status).toBe(refused)
  }
})
