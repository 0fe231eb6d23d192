import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let operator: Operator

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
})
afterAll(() => world.close())

const randomHash = (): string => crypto.randomUUID().replaceAll('-', '').repeat(2)
const sessionOf = async ({ threadId }: BegunTurn): Promise<string> =>
  (await sql<{ session_id: string }[]>`select session_id from loacl.threads where id = ${threadId}`)[0]!.session_id
const addFile = async (turn: BegunTurn, sha256: string) => {
  const args = {
    session_id: await sessionOf(turn),
    thread_id: turn.threadId,
    original_name: 'a.png',
    mime_type: 'image/png',
    size_bytes: 9,
    sha256,
  }
  return api.rpc('add_file', args, world.asServer())
}
const objects = (sha256: string) => sql<{ id: string; person: string }[]>`
  select id, person from loacl.file_objects where sha256 = ${Buffer.from(sha256, 'hex')}
`
const signIn = async (turn: BegunTurn, external_id: string): Promise<void> => {
  await sql`update loacl.sessions set session_type = 'authenticated', external_id = ${external_id} where id = ${await sessionOf(turn)}`
}

it('the same bytes are stored once per person', async () => {
  const [mine, others] = [
    await world.converse(assistantId, createToken()),
    await world.converse(assistantId, createToken()),
  ]
  const sha256 = randomHash()
  const first = (await addFile(mine, sha256)).body
  expect(first.isStored).toBe(false)
  await api.update(`file_objects?id=eq.${first.objectId}`, { stored_at: new Date().toISOString() }, world.asServer())
  const second = (await addFile(mine, sha256)).body
  expect(second).toEqual({
    id: expect.not.stringMatching(first.id),
    objectId: first.objectId,
    storagePath: first.storagePath,
    isStored: true,
  })
  const another = (await addFile(others, sha256)).body
  expect([another.isStored, another.objectId === first.objectId]).toEqual([false, false])
  expect(await objects(sha256)).toHaveLength(2)
})

it('two uploads of the same bytes at once are one object', async () => {
  const turn = await world.converse(assistantId, createToken())
  const sha256 = randomHash()
  const answers = await Promise.all(Array.from({ length: 8 }, () => addFile(turn, sha256)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
  expect(await objects(sha256)).toHaveLength(1)
})

it('the bytes go with the last file', async () => {
  const turn = await world.converse(assistantId, createToken())
  const sha256 = randomHash()
  const ids = [(await addFile(turn, sha256)).body.id, (await addFile(turn, sha256)).body.id]
  await sql`delete from loacl.files where id = ${ids[0]}`
  expect(await objects(sha256)).toHaveLength(1)
  await sql`delete from loacl.files where id = ${ids[1]}`
  expect(await objects(sha256)).toHaveLength(0)
})

it('the bytes go, too, when the last two files are deleted at once', async () => {
  const turn = await world.converse(assistantId, createToken())
  const sha256 = randomHash()
  const ids = [(await addFile(turn, sha256)).body.id, (await addFile(turn, sha256)).body.id]
  const [first, second] = await Promise.all([sql.reserve(), sql.reserve()])
  try {
    const [{ pid } = { pid: 0 }] = await second<{ pid: number }[]>`select pg_backend_pid() as pid`
    await first`begin`
    await second`begin`
    await first`delete from loacl.files where id = ${ids[0]}`
    let ended = false
    const deleting = second`delete from loacl.files where id = ${ids[1]}`.then(() => (ended = true))
    // Either it waits for the first, as it should, or it is through and has not seen what the first did.
    const waiting = () => sql`select from pg_stat_activity where pid = ${pid} and wait_event_type = 'Lock'`
    await expect.poll(async () => ended || (await waiting()).length > 0).toBe(true)
    await first`commit`
    await deleting
    await second`commit`
  } finally {
    first.release()
    second.release()
  }
  expect(await objects(sha256)).toHaveLength(0)
})

it('a guest’s files become the person’s, and are kept once', async () => {
  const person = crypto.randomUUID()
  const [known, guest] = [
    await world.converse(assistantId, createToken()),
    await world.converse(assistantId, createToken()),
  ]
  const [shared, own] = [randomHash(), randomHash()]
  await signIn(known, person)
  const kept = (await addFile(known, shared)).body
  await addFile(guest, shared)
  await addFile(guest, own)
  await signIn(guest, person)
  expect(await objects(shared)).toEqual([{ id: kept.objectId, person: `external:${person}` }])
  expect(await objects(own)).toMatchObject([{ person: `external:${person}` }])
  expect(await sql`select from loacl.files where object_id = ${kept.objectId}`).toHaveLength(2)
})

it('a guest’s file keeps its bytes where the person’s own upload of the same never came through', async () => {
  const person = crypto.randomUUID()
  const [known, guest] = [
    await world.converse(assistantId, createToken()),
    await world.converse(assistantId, createToken()),
  ]
  const sha256 = randomHash()
  await signIn(known, person)
  await addFile(known, sha256)
  const stored = (await addFile(guest, sha256)).body
  await api.update(`file_objects?id=eq.${stored.objectId}`, { stored_at: new Date().toISOString() }, world.asServer())
  await signIn(guest, person)
  expect(await objects(sha256)).toEqual([{ id: stored.objectId, person: `external:${person}` }])
  expect(await sql`select from loacl.files where object_id = ${stored.objectId}`).toHaveLength(2)
})

it('is noted by the functions alone, for sessions that are there', async () => {
  const turn = await world.converse(assistantId, createToken())
  const args = {
    session_id: await sessionOf(turn),
    thread_id: null,
    original_name: 'a',
    mime_type: 'text/plain',
    size_bytes: 1,
    sha256: randomHash(),
  }
  expect((await api.rpc('add_file', args, { token: createToken() })).status).toBe(401)
  expect((await api.rpc('add_file', args, { jwt: operator.jwt })).status).toBe(403)
  expect((await api.rpc('add_file', { ...args, session_id: crypto.randomUUID() }, world.asServer())).status).toBe(401)
  // A thread of another session can't be named.
  const other = await world.converse(assistantId, createToken())
  expect((await api.rpc('add_file', { ...args, thread_id: other.threadId }, world.asServer())).status).toBe(409)
  expect(await objects(args.sha256)).toHaveLength(0)
})
