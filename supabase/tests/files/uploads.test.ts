import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import type { Answer } from '../support/api.ts'
import { createWorld, type Operator } from '../support/world.ts'
import { createFileCalls } from './file_calls.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const files = createFileCalls(world)
const SETTINGS = { file_types: ['image/png', 'text/plain'] }

let assistantId: string
let owner: Operator
let token: string

beforeAll(async () => {
  ;({ id: assistantId, owner } = await world.createAssistant({ settings: SETTINGS }))
})
beforeEach(() => {
  token = files.newVisitor()
})
afterAll(() => world.close())

const assistantWith = async (settings: object) =>
  (await world.createAssistant({ settings: { ...SETTINGS, ...settings } })).id
const codeOf = ({ status, body }: { status: number; body: { message: string } }) => [status, body.message]
const sessionsOf = (id: string) => sql`select from loacl.sessions where assistant_id = ${id}`

describe('beginning an upload', () => {
  it('makes the session, and a path that nobody can guess', async () => {
    const { status, body } = await files.begin(assistantId, token)
    expect([status, body.path]).toEqual([200, expect.stringMatching(`^uploads/${assistantId}/[0-9a-f-]{36}$`)])
    expect(body.path).not.toContain(body.id)
    expect((await api.rpc('open_session', { assistant_id: assistantId }, { token })).body).toMatchObject({
      visitor: { sessionId: expect.any(String) },
      assistant: { files: { types: SETTINGS.file_types, maxBytes: 10_485_760, maxFiles: 5 } },
    })
  })

  it.each([
    [{}, { type: 'image/gif' }, 415, 'file_type_not_allowed'],
    [{ max_file_bytes: 999 }, {}, 413, 'file_too_large'],
    [{ file_types: [] }, {}, 415, 'files_unsupported'],
    [{ paused_at: new Date() }, {}, 403, 'assistant_paused'],
    [{ is_active: false }, {}, 403, 'assistant_inactive'],
    [{}, { origin: 'https://elsewhere.test' }, 403, 'origin_not_allowed'],
    [{ file_bytes_per_day: 999 }, {}, 429, 'file_quota_exceeded'],
  ])('of an assistant with %j, %j is refused, and nothing is left', async (settings, change, status, code) => {
    const id = await assistantWith(settings)
    expect(codeOf(await files.begin(id, token, change))).toEqual([status, code])
    expect(await sessionsOf(id)).toEqual([])
  })

  it('is counted by session and by network', async () => {
    const id = await assistantWith({ files_per_hour: 2, messages_per_hour_per_address: 3 })
    const address = '203.0.113.9'
    const begin = (visitor: string) => files.begin(id, visitor, { address })
    expect((await begin(token)).status).toBe(200)
    expect((await begin(token)).status).toBe(200)
    expect(codeOf(await begin(token))).toEqual([429, 'rate_limited'])
    // What was refused was not counted.
    expect((await begin(files.newVisitor())).status).toBe(200)
    expect(codeOf(await begin(files.newVisitor()))).toEqual([429, 'rate_limited'])
  })

  it('fills a day’s quota, which taking away does not give back, and several at once do not outgrow', async () => {
    const id = await assistantWith({ file_bytes_per_day: 3_500 })
    const first = (await files.begin(id, token)).body
    await files.remove(first.id, token)
    const answers = await Promise.all(Array.from({ length: 6 }, () => files.begin(id, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2)
    const refused = answers.find(({ status }) => status !== 200)!
    expect(codeOf(refused)).toEqual([429, 'file_quota_exceeded'])
    expect(Number(refused.body.hint)).toBeGreaterThan(86_000_000)
    await sql`update loacl_private.uploads set created_at = now() - interval '25 hours' where assistant_id = ${id}`
    expect((await files.begin(id, token)).status).toBe(200)
  })

  it('counts in it for a day although it was never completed, and its bytes are gone', async () => {
    const id = await assistantWith({ file_bytes_per_day: 1_500 })
    const { path } = (await files.begin(id, token)).body
    const age = (hours: number) => sql`
      update loacl_private.uploads set created_at = now() - make_interval(hours => ${hours}) where assistant_id = ${id}`
    await age(23)
    await sql`select loacl_private.clean_up()`
    expect(await files.queued(path)).toEqual([{ due: true, again: true }])
    expect(codeOf(await files.begin(id, token))).toEqual([429, 'file_quota_exceeded'])
    await age(25)
    expect((await files.begin(id, token)).status).toBe(200)
  })

  it.each<[string, (other: string) => Promise<Answer>]>([
    ['', (other) => files.begin(assistantId, other)],
    [', as a message is', (other) => files.send(assistantId, other, [], { text: 'Hi.' })],
  ])('is refused while its person erases everything on another device%s', async (_, write) => {
    const [other, person] = [files.newVisitor(), files.newVisitor()]
    for (const visitor of [token, other]) await world.ask(assistantId, visitor)
    await sql`
      update loacl.sessions s set session_type = 'authenticated', external_id = ${person}
      from loacl_private.session_tokens k
      where k.session_id = s.id and k.token_hash in (sha256(${token}::text::bytea), sha256(${other}::text::bytea))`
    const written = await sql.begin(async (tx) => {
      await tx`select loacl_private.erase_sessions(array(select s.id from loacl.sessions s where s.external_id = ${person}))`
      const answer = write(other)
      await expect.poll(() => sql`select from pg_locks where not granted`).not.toEqual([])
      return { answer }
    })
    expect(codeOf(await written.answer)).toEqual([401, 'session_expired'])
    expect(await sql`select from loacl.sessions where external_id = ${person}`).toEqual([])
  })

  it('counts the devices of one person together', async () => {
    const id = await assistantWith({ file_bytes_per_day: 1_500 })
    const other = files.newVisitor()
    for (const visitor of [token, other]) await world.ask(id, visitor)
    await sql`
      update loacl.sessions set session_type = 'authenticated', external_id = 'ada' where assistant_id = ${id}
    `
    expect((await files.begin(id, token)).status).toBe(200)
    expect(codeOf(await files.begin(id, other))).toEqual([429, 'file_quota_exceeded'])
  })

  it('is limited by no setting that an owner can’t choose', async () => {
    for (const settings of [
      { file_types: ['text/html'] },
      { max_file_bytes: 52_428_801 },
      { max_files_per_message: 21 },
      { max_files_per_message: 0 },
      { file_bytes_per_day: -1 },
      { files_per_hour: 0 },
    ]) {
      const changed = await api.update(`assistants?id=eq.${assistantId}`, settings, { jwt: owner.jwt })
      expect([changed.status, changed.body.code]).toEqual([400, '23514'])
    }
    expect(
      (await api.update(`assistants?id=eq.${assistantId}`, { files_per_hour: null }, { jwt: owner.jwt })).status,
    ).toBe(200)
  })
})

describe('completing one', () => {
  it('makes one file, however often and at once', async () => {
    const { id } = (await files.begin(assistantId, token)).body
    const answers = await Promise.all(Array.from({ length: 5 }, () => files.complete(id, token)))
    for (const { body } of answers)
      expect(body).toEqual({ id, name: 'me.png', type: 'image/png', size: 1_000, width: 3, height: 2 })
    expect(await sql`select purpose from loacl.files where id = ${id}`).toEqual([{ purpose: 'vision' }])
  })

  it.each([{ type: 'text/plain' }, { size: 1_001 }])('is refused where %j was found', async (found) => {
    const { id } = (await files.begin(assistantId, token)).body
    expect(codeOf(await files.complete(id, token, found))).toEqual([422, 'file_mismatch'])
    expect((await files.uploadOf(id))!.state).toBe('begun')
  })

  it('of the same bytes twice at once keeps one object, and queues the other’s path', async () => {
    const sha256 = 'ab'.repeat(32)
    const begun = await Promise.all([files.begin(assistantId, token), files.begin(assistantId, token)])
    const ids = begun.map(({ body }) => body.id as string)
    await Promise.all(ids.map((id) => files.complete(id, token, { sha256 })))
    const objects = await sql<{ path: string; files: number }[]>`
      select o.storage_path as path, count(*)::int as files from loacl.files f join loacl.file_objects o on o.id = f.object_id
      where f.id = any (${ids}) group by o.id`
    expect(objects).toMatchObject([{ files: 2 }])
    const paths = begun.map(({ body }) => body.path as string)
    const [unused] = paths.filter((path) => path !== objects[0]!.path)
    expect(await files.queued(unused!)).toEqual([{ due: true, again: true }])
    expect(await files.queued(objects[0]!.path)).toEqual([])
  })

  it('belongs to the person, where the visitor signs in meanwhile', async () => {
    const { id } = (await files.begin(assistantId, token)).body
    await files.complete(id, token)
    await sql`
      update loacl.sessions s set session_type = 'authenticated', external_id = 'bea'
      from loacl.files f where f.id = ${id} and s.id = f.session_id`
    expect(
      await sql`select o.person from loacl.files f join loacl.file_objects o on o.id = f.object_id where f.id = ${id}`,
    ).toEqual([{ person: 'external:bea' }])
  })
})

describe('a session that has ended', () => {
  it('is told so by everything that is asked of a file, as by everything else', async () => {
    const id = await files.add(assistantId, token)
    await sql`
      update loacl.sessions s set expires_at = now()
      from loacl_private.session_tokens k where k.session_id = s.id and k.token_hash = sha256(${token}::text::bytea)`
    const asked = await Promise.all([
      files.begin(assistantId, token),
      files.find(id, token),
      files.complete(id, token),
      files.locate(id, token),
      files.remove(id, token),
      api.rpc('open_session', { assistant_id: assistantId }, { token }),
    ])
    expect(asked.map(codeOf)).toEqual(asked.map(() => [401, 'session_expired']))
  })

  it('or is a user’s, whose access token is missing, is told that', async () => {
    const id = await files.add(assistantId, token)
    const { userId } = await world.createOperator()
    await sql`
      update loacl.sessions s set session_type = 'authenticated', user_id = ${userId}
      from loacl_private.session_tokens k where k.session_id = s.id and k.token_hash = sha256(${token}::text::bytea)`
    const asked = await Promise.all([
      files.find(id, token),
      files.complete(id, token),
      files.locate(id, token),
      files.remove(id, token),
      api.rpc('open_session', { assistant_id: assistantId }, { token }),
    ])
    expect(asked.map(codeOf)).toEqual(asked.map(() => [401, 'session_locked']))
  })
})

describe('what is not sent', () => {
  it('is taken away, completed or not, and deleted twice', async () => {
    const { id: begun, path } = (await files.begin(assistantId, token)).body
    const done = await files.add(assistantId, token)
    const { storage_path } = (await files.uploadOf(done))!
    for (const id of [begun, done])
      for (const _ of ['once', 'again']) expect((await files.remove(id, token)).status).toBeLessThan(300)
    for (const at of [path, storage_path]) expect(await files.queued(at)).toEqual([{ due: true, again: true }])
    expect(codeOf(await files.complete(begun, token))).toEqual([404, 'file_not_found'])
    expect(codeOf(await files.complete(done, token))).toEqual([404, 'file_not_found'])
    expect(codeOf(await files.find(done, token))).toEqual([404, 'file_not_found'])
  })

  it('is swept: an upload after four hours, a file after a day, and what is kept of both', async () => {
    const { id: begun, path } = (await files.begin(assistantId, token)).body
    const done = await files.add(assistantId, token)
    const { storage_path } = (await files.uploadOf(done))!
    const age = async (hours: number) => {
      await sql`
        update loacl_private.uploads set created_at = now() - make_interval(hours => ${hours}), closes_at = now() - make_interval(hours => ${hours - 3})
        where id in ${sql([begun, done])}`
      await sql`update loacl.files set created_at = now() - make_interval(hours => ${hours}) where id = ${done}`
      await sql`update loacl.file_objects set closes_at = now() - make_interval(hours => ${hours - 3}) where storage_path = ${storage_path}`
      await sql`select loacl_private.clean_up()`
    }
    await age(3)
    expect(await files.uploadOf(begun)).toBeDefined()
    await age(5)
    expect([(await files.uploadOf(begun))!.state, await files.queued(path)]).toEqual([
      'removed',
      [{ due: true, again: null }],
    ])
    expect(codeOf(await files.complete(begun, token))).toEqual([404, 'file_not_found'])
    expect(await files.queued(storage_path)).toEqual([])
    await age(25)
    expect(await files.uploadOf(begun)).toBeUndefined()
    expect([await files.uploadOf(done), await files.queued(storage_path)]).toEqual([
      undefined,
      [{ due: true, again: null }],
    ])
  })
})

describe('a deletion that is to be repeated', () => {
  it('stays in the queue until it was confirmed after that time', async () => {
    const { id, path } = (await files.begin(assistantId, token)).body
    await files.remove(id, token)
    const take = async (): Promise<{ id: string } | undefined> => {
      const { body } = await api.rpc('take_deletions', { batch_size: 100 }, world.asServer())
      return (body as { id: string; reference: string }[]).find(({ reference }) => reference === path)
    }
    const first = (await take())!
    await api.rpc('confirm_deletion', { deletion_id: first.id }, world.asServer())
    expect(await files.queued(path)).toEqual([{ due: false, again: null }])
    expect(await take()).toBeUndefined()
    await sql`update loacl_private.deletion_queue set due_at = now() where reference = ${path}`
    expect(await take()).toMatchObject({ id: first.id })
    await api.rpc('confirm_deletion', { deletion_id: first.id }, world.asServer())
    expect(await files.queued(path)).toEqual([])
  })
})
