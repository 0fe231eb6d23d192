import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken, type Caller } from '../support/api.ts'
import { createWorld, type BegunTurn, type Operator } from '../support/world.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let assistantId: string
let operator: Operator
let token: string
let turn: BegunTurn

const sessionOf = async ({ threadId }: BegunTurn): Promise<string> =>
  (await sql<{ session_id: string }[]>`select session_id from loacl.threads where id = ${threadId}`)[0]!.session_id

/** An upload of this conversation's visitor, with its bytes stored and known to the provider. */
async function upload(
  of: BegunTurn,
  sha256: string = crypto.randomUUID().replaceAll('-', '').repeat(2),
): Promise<{ id: string; storagePath: string }> {
  const args = {
    session_id: await sessionOf(of),
    thread_id: of.threadId,
    original_name: 'me.png',
    mime_type: 'image/png',
    size_bytes: 3,
    sha256,
  }
  const { status, body } = await api.rpc('add_file', args, world.asServer())
  expect(status).toBe(200)
  await sql`
    update loacl.file_objects set stored_at = now(), provider_file_id = ${`file-${body.objectId}`},
      provider_config_id = (select id from loacl.provider_configs where owner_id = ${operator.userId})
    where id = ${body.objectId}
  `
  return body
}

const queued = (path: string) => sql<{ kind: string; id: string }[]>`
  select kind, id from loacl_private.deletion_queue
  where reference in (${path}, ${`file-${path}`}) order by kind
`

beforeAll(async () => {
  ;({ id: assistantId, owner: operator } = await world.createAssistant())
})
beforeEach(async () => {
  token = createToken()
  turn = await world.converse(assistantId, token, { text: 'Remember me', answer: 'I will.' })
})
afterAll(() => world.close())

const call = (name: string, caller: Caller = { token }) => api.rpc(name, { thread_id: turn.threadId }, caller)

describe('deleting a thread', () => {
  const notFound = { status: 404, body: { message: 'thread_not_found' } }

  it('takes it from every list, and can be undone', async () => {
    const { status, body } = await call('delete_thread')
    expect([status, Date.parse(body.restorableUntil) - Date.parse(body.deletedAt)]).toEqual([200, 7 * 24 * 3_600_000])
    expect((await api.rpc('list_threads', { assistant_id: assistantId }, { token })).body.items).toEqual([])
    expect(await call('list_messages')).toMatchObject(notFound)
    expect(await call('delete_thread')).toMatchObject(notFound)
    expect(await world.beginTurn(assistantId, token, { threadId: turn.threadId })).toMatchObject(notFound)
    const turnNotFound = { status: 404, body: { message: 'turn_not_found' } }
    const turn_id = turn.turn.id
    expect(await api.rpc('read_turn_parts', { turn_id, after_seq: 0 }, world.asServer(token))).toMatchObject(
      turnNotFound,
    )
    expect(await api.rpc('stop_turn', { turn_id }, world.asServer(token))).toMatchObject(turnNotFound)
    expect(await call('restore_thread')).toMatchObject({ status: 200, body: { id: turn.threadId, status: 'active' } })
    expect((await call('list_messages')).body.items).toHaveLength(2)
    expect(await call('restore_thread')).toMatchObject(notFound)
  })

  it('is the visitor’s alone', async () => {
    const strangers: Caller[] = [{ token: createToken() }, { jwt: operator.jwt }, {}]
    for (const caller of strangers) expect((await call('delete_thread', caller)).status).toBe(404)
    await call('delete_thread')
    for (const caller of strangers) expect((await call('restore_thread', caller)).status).toBe(404)
  })

  it('stops the answer that is being written', async () => {
    const { turn: running } = await world.ask(assistantId, token, 'Go on', turn.threadId)
    await call('delete_thread')
    const { body } = await api.rpc(
      'append_turn_parts',
      { turn_id: running.id, lease: running.lease, seq: 1, parts: [] },
      world.asServer(),
    )
    expect(body).toEqual({ stopRequested: true })
  })

  it('is for good after seven days, purged or not; what was uploaded follows', async () => {
    const file = await upload(turn)
    await call('delete_thread')
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.threads where id = ${turn.threadId}`).toHaveLength(1)
    await sql`update loacl.threads set deleted_at = now() - interval '7 days' where id = ${turn.threadId}`
    expect(await call('restore_thread')).toMatchObject(notFound)
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.messages where thread_id = ${turn.threadId}`).toHaveLength(0)
    expect(await queued(file.storagePath)).toMatchObject([{ kind: 'storage_object' }])
  })
})

describe('a visitor’s own data', () => {
  it('is exported whole, and holds nothing of anybody else', async () => {
    await api.rpc('set_feedback', { message_id: turn.messageId, value: 'up', comment: 'Kind' }, { token })
    await sql`insert into loacl.message_annotations (message_id, type, url) values (${turn.messageId}, 'url_citation', 'https://a.test/')`
    await upload(turn)
    const deleted = await world.converse(assistantId, token, { text: 'Forget this' })
    await api.rpc('delete_thread', { thread_id: deleted.threadId }, { token })
    await world.converse(assistantId, createToken(), { text: 'Somebody else' })
    await sql`
      insert into loacl.messages (thread_id, session_id, assistant_id, role, content)
      select id, session_id, assistant_id, 'system', 'Be kind.' from loacl.threads where id = ${turn.threadId}
    `

    const { status, body } = await api.rpc('export_visitor_data', {}, { token })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      sessions: [{ id: await sessionOf(turn), assistantId, type: 'guest' }],
      threads: [
        {
          id: turn.threadId,
          messages: [
            { role: 'user', content: 'Remember me' },
            {
              role: 'assistant',
              content: 'I will.',
              suggestions: [{ suggestion: 'And why?' }, { suggestion: 'And how?' }],
              annotations: [{ url: 'https://a.test/' }],
              feedback: { value: 'up', comment: 'Kind' },
            },
          ],
        },
        { id: deleted.threadId, status: 'deleted', messages: [{ content: 'Forget this' }, { role: 'assistant' }] },
      ],
      files: [{ originalName: 'me.png', sizeBytes: 3 }],
    })
    for (const secret of [
      'Somebody else',
      'Be kind.',
      'secret instructions',
      'sealed by the provider',
      'cost',
      'storage',
      'file-',
    ])
      expect(JSON.stringify(body)).not.toContain(secret)
  })

  it('is erased in one call, with what was uploaded; usage stays, and names nobody', async () => {
    const kept = await world.converse(assistantId, createToken(), { text: 'Somebody else' })
    const file = await upload(turn)
    const [before] = await sql`select count(*)::int as calls from loacl.usage_logs where assistant_id = ${assistantId}`
    const { turn: running } = await world.ask(assistantId, token, 'About the cat', turn.threadId)
    const sessionId = await sessionOf(turn)

    expect(await api.rpc('erase_visitor_data', {}, { token })).toEqual({
      status: 200,
      body: { sessions: 1, threads: 1, messages: 4, files: 1 },
    })
    const rows = JSON.stringify(await world.readRows(assistantId))
    for (const trace of [turn.threadId, turn.messageId, sessionId, 'About the cat']) expect(rows).not.toContain(trace)
    expect(rows).toContain(kept.threadId)
    const [after] = await sql`select count(*)::int as calls from loacl.usage_logs where assistant_id = ${assistantId}`
    expect(after).toEqual(before)
    expect(await queued(file.storagePath)).toMatchObject([{ kind: 'storage_object' }])
    // The worker of the turn that ran finds that it is nobody's any more.
    expect(await world.finish(running)).toMatchObject({ status: 409, body: { message: 'turn_lease_lost' } })
    // The token is a fresh guest's.
    expect((await api.rpc('export_visitor_data', {}, { token })).body).toMatchObject({
      sessions: [],
      threads: [],
      files: [],
    })
    expect(await world.beginTurn(assistantId, token)).toMatchObject({ status: 200 })
  })

  it('reaches as far as the person, and no further', async () => {
    const tokens = [token, createToken(), createToken()] as const
    const others = [
      turn,
      await world.converse(assistantId, tokens[1]),
      await world.converse(assistantId, tokens[2]),
    ] as const
    const elsewhere = await world.createAssistant()
    const apart = await world.converse(elsewhere.id, createToken())
    const external_id = crypto.randomUUID()
    for (const of of [others[0], others[1], apart])
      await sql`update loacl.sessions set session_type = 'authenticated', external_id = ${external_id} where id = ${await sessionOf(of)}`

    expect((await api.rpc('export_visitor_data', {}, { token })).body.threads).toHaveLength(2)
    expect((await api.rpc('erase_visitor_data', {}, { token })).body).toMatchObject({ sessions: 2, threads: 2 })
    const left = await sql`select from loacl.threads where id in ${sql([others[2].threadId, apart.threadId])}`
    expect(left).toHaveLength(2)
  })

  it.each(['export_visitor_data', 'erase_visitor_data'])('%s asks for a session that lives', async (name) => {
    expect(await api.rpc(name, {})).toMatchObject({ status: 401, body: { message: 'session_missing' } })
    expect(await api.rpc(name, {}, { token: 'short' })).toMatchObject({
      status: 401,
      body: { message: 'session_invalid' },
    })
    await sql`update loacl.sessions set expires_at = now() where id = ${await sessionOf(turn)}`
    expect(await api.rpc(name, {}, { token })).toMatchObject({ status: 401, body: { message: 'session_expired' } })
    expect(await sql`select from loacl.threads where id = ${turn.threadId}`).toHaveLength(1)
  })
})

describe('erasing a visitor as the operator', () => {
  it('erases one of their own assistants’, whole', async () => {
    const session_id = await sessionOf(turn)
    expect(await api.rpc('erase_visitor', { session_id }, { jwt: operator.jwt })).toMatchObject({
      status: 200,
      body: { threads: 1 },
    })
    expect(await sql`select from loacl.sessions where id = ${session_id}`).toHaveLength(0)
  })

  it('takes the person’s other devices along, and nobody else', async () => {
    const elsewhere = await world.converse(assistantId, createToken())
    const stranger = await world.converse(assistantId, createToken())
    const external_id = crypto.randomUUID()
    for (const of of [turn, elsewhere])
      await sql`update loacl.sessions set session_type = 'authenticated', external_id = ${external_id} where id = ${await sessionOf(of)}`
    const { body } = await api.rpc('erase_visitor', { session_id: await sessionOf(turn) }, { jwt: operator.jwt })
    expect(body).toMatchObject({ sessions: 2, threads: 2 })
    expect(await sql`select from loacl.threads where id in ${sql([turn.threadId, elsewhere.threadId])}`).toEqual([])
    expect(await sql`select from loacl.threads where id = ${stranger.threadId}`).toHaveLength(1)
  })

  it('is refused to everybody else', async () => {
    const session_id = await sessionOf(turn)
    const other = await world.createOperator()
    const stranger = await api.signUp(`${crypto.randomUUID()}@example.com`)
    expect((await api.rpc('erase_visitor', { session_id }, { jwt: other.jwt })).status).toBe(404)
    expect((await api.rpc('erase_visitor', { session_id }, { jwt: stranger.jwt, token })).status).toBe(404)
    expect((await api.rpc('erase_visitor', { session_id }, { token })).status).toBe(401)
    expect(await sql`select from loacl.sessions where id = ${session_id}`).toHaveLength(1)
  })
})

const take = async (): Promise<{ id: string; kind: string; reference: string; provider: object | null }[]> =>
  (await api.rpc('take_deletions', { batch_size: 100 }, world.asServer())).body

describe('the deletion queue', () => {
  it('hands each out once, with the key it takes, until it is confirmed', async () => {
    const file = await upload(turn)
    await api.rpc('erase_visitor_data', {}, { token })
    const both = await Promise.all([take(), take()])
    const ours = both.flat().filter(({ reference }) => reference === file.storagePath || reference.startsWith('file-'))
    expect(new Set(ours.map(({ id }) => id)).size).toBe(ours.length)
    const stored = ours.find(({ reference }) => reference === file.storagePath)!
    const atProvider = ours.find(({ kind, provider }) => kind === 'provider_file' && provider !== null)
    expect(stored).toMatchObject({ kind: 'storage_object', provider: null })
    expect(atProvider?.provider).toMatchObject({
      ownerId: operator.userId,
      purpose: 'provider_key',
      ciphertext: expect.any(String),
    })

    // Taken: nobody else gets it until the time is up.
    expect(await take()).not.toContainEqual(expect.objectContaining({ id: stored.id }))
    await api.rpc('fail_deletion', { deletion_id: stored.id, error: 'Storage said 500' }, world.asServer())
    const [failed] = await sql`
      select last_error, attempts, due_at > now() + interval '1 minute' as later from loacl_private.deletion_queue where id = ${stored.id}
    `
    expect(failed).toEqual({ last_error: 'Storage said 500', attempts: 1, later: true })
    await sql`update loacl_private.deletion_queue set due_at = now() where id = ${stored.id}`
    expect(await take()).toContainEqual(expect.objectContaining({ id: stored.id }))
    await api.rpc('confirm_deletion', { deletion_id: stored.id }, world.asServer())
    expect(await queued(file.storagePath)).toEqual([])
  })

  it.each(['take_deletions', 'confirm_deletion', 'fail_deletion'])('%s is for the functions alone', async (name) => {
    const args = {
      take_deletions: {},
      confirm_deletion: { deletion_id: turn.threadId },
      fail_deletion: { deletion_id: turn.threadId, error: '' },
    }[name]!
    expect((await api.rpc(name, args, { token })).status).toBe(401)
    expect((await api.rpc(name, args, { jwt: operator.jwt })).status).toBe(403)
  })

  it('learns of documents and stores that an operator deletes', async () => {
    const caller = { jwt: operator.jwt }
    const document = (await api.insert('documents', { original_name: 'a.pdf' }, caller)).body[0]
    const store = (await api.insert('vector_stores', { name: 'All' }, caller)).body[0]
    await sql`
      update loacl.documents set storage_path = ${`documents/${document.id}`}, provider_file_id = ${`file-${document.id}`} where id = ${document.id}
    `
    await sql`update loacl.vector_stores set provider_vector_store_id = ${`vs_${store.id}`} where id = ${store.id}`
    await api.remove(`documents?id=eq.${document.id}`, caller)
    await api.remove(`vector_stores?id=eq.${store.id}`, caller)
    const entries = await sql`
      select kind from loacl_private.deletion_queue
      where reference in ${sql([`documents/${document.id}`, `file-${document.id}`, `vs_${store.id}`])} order by kind
    `
    expect(entries.map(({ kind }) => kind)).toEqual(['provider_file', 'provider_vector_store', 'storage_object'])
  })
})

describe('retention', () => {
  it('purges what is older than the assistant keeps it, and nothing where it keeps everything', async () => {
    const short = await world.createAssistant({ settings: { retention_days: 30 } })
    const old = await world.converse(short.id, createToken())
    const fresh = await world.converse(short.id, createToken())
    for (const { threadId } of [old, turn])
      await sql`update loacl.threads set last_message_at = now() - interval '31 days' where id = ${threadId}`
    await sql`select loacl_private.clean_up()`
    const left = await sql<
      { id: string }[]
    >`select id from loacl.threads where id in ${sql([old.threadId, fresh.threadId, turn.threadId])}`
    expect(new Set(left.map(({ id }) => id))).toEqual(new Set([fresh.threadId, turn.threadId]))
  })

  it('takes a part at a time, where all of it would be more than a request may take', async () => {
    const { id } = await world.createAssistant({ settings: { retention_days: 30 } })
    const { threadId } = await world.converse(id, createToken())
    const undo = new Error('undo')
    // Rolled back: other tests clean up at the same time.
    const purged = sql.begin(async (tx) => {
      await tx`
        insert into loacl.threads (session_id, assistant_id, status, deleted_at, last_message_at)
        select t.session_id, t.assistant_id, s.status, s.deleted_at, s.last_message_at
        from loacl.threads t
        cross join generate_series(1, 30)
        cross join (
          values ('active', null::timestamptz, now() - interval '31 days'), ('deleted', now() - interval '7 days', now())
        ) s (status, deleted_at, last_message_at)
        where t.id = ${threadId}
      `
      const left = async () => {
        const threads = await tx<{ status: string }[]>`select status from loacl.threads where assistant_id = ${id}`
        return Object.groupBy(threads, ({ status }) => status)
      }
      await tx`select loacl_private.purge_expired_data('0 seconds')`
      const some = await left()
      expect(some.active!.length).toBeGreaterThan(10)
      expect(some.deleted!.length).toBeGreaterThan(9)
      await tx`select loacl_private.clean_up()`
      const last = await left()
      expect([last.active!.length, last.deleted]).toEqual([1, undefined])
      throw undo
    })
    await expect(purged).rejects.toBe(undo)
  })

  it('takes ended sessions that hold nothing, and uploads that were never sent', async () => {
    const empty = await sessionOf(turn)
    const unsent = await upload(turn)
    await sql`update loacl.files set created_at = now() - interval '25 hours' where id = ${unsent.id}`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.files where id = ${unsent.id}`).toHaveLength(0)
    expect(await queued(unsent.storagePath)).toHaveLength(1)
    await sql`update loacl.sessions set expires_at = now() where id = ${empty}`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.sessions where id = ${empty}`).toHaveLength(1)
    await sql`delete from loacl.threads where session_id = ${empty}`
    await sql`select loacl_private.clean_up()`
    expect(await sql`select from loacl.sessions where id = ${empty}`).toHaveLength(0)
  })

  it('takes what was streamed, counted and reserved, once nobody can want it', async () => {
    const { turn: fresh } = await world.ask(assistantId, token, 'Now', turn.threadId)
    const key = Buffer.alloc(32, 9)
    for (const { id } of [turn.turn, fresh])
      await sql`insert into loacl_private.turn_chunks (turn_id, seq, parts) values (${id}, 1, '[{"type": "start"}]')`
    await sql`update loacl_private.turns set ended_at = now() - interval '11 minutes' where id = ${turn.turn.id}`
    await sql`insert into loacl_private.rate_counters (key, count, ends_at) values (${key}, 1, '2026-01-01')`
    await sql`
      insert into loacl_private.reservations (turn_id, purpose, assistant_id, day, tokens, usd)
      values (${turn.turn.id}, 'answer', ${assistantId}, '2026-01-01', 1, 1)
      on conflict (turn_id, purpose) do update set day = excluded.day
    `
    await sql`select loacl_private.clean_up()`
    const left = await sql`
      select (select count(*)::int from loacl_private.turn_chunks where turn_id = ${turn.turn.id}) as streamed,
        (select count(*)::int from loacl_private.turn_chunks where turn_id = ${fresh.id}) as streaming,
        (select count(*)::int from loacl_private.rate_counters where key = ${key}) as counters,
        (select count(*)::int from loacl_private.reservations where turn_id = ${turn.turn.id} and purpose = 'answer') as reservations
    `
    expect(left).toEqual([{ streamed: 0, streaming: 1, counters: 0, reservations: 0 }])
  })

  it('takes the salt of an earlier day where no message came since', async () => {
    // Committed at its end: other tests look at the salts at the same time.
    const days = await sql.begin(async (tx) => {
      await tx`insert into loacl_private.rate_salts (day) values ('2026-01-01')`
      await tx`select loacl_private.clean_up()`
      return tx`select from loacl_private.rate_salts where day = '2026-01-01'`
    })
    expect(days).toHaveLength(0)
  })

  it('is scheduled where pg_cron is, once', async () => {
    const [without] = await sql`select loacl_private.schedule_clean_up() as scheduled`
    expect(without).toEqual({ scheduled: false })
    const undo = new Error('undo')
    const withCron = sql.begin(async (tx) => {
      await tx`create schema cron`
      await tx`create table cron.job (name text primary key, schedule text, command text)`
      await tx`
        create function cron.schedule(text, text, text) returns bigint language sql
        as 'insert into cron.job values ($1, $2, $3) on conflict (name) do update set command = $3 returning 1::bigint'
      `
      await tx`select loacl_private.schedule_clean_up(), loacl_private.schedule_clean_up()`
      expect(await tx`select name, command from cron.job`).toEqual([
        { name: 'loacl_clean_up', command: 'select loacl_private.clean_up()' },
      ])
      throw undo
    })
    await expect(withCron).rejects.toBe(undo)
  })
})

describe('the pause switch', () => {
  it('stops new turns at once and leaves the rest', async () => {
    const caller = { jwt: operator.jwt }
    const pause = (paused_at: string | null) => api.update(`assistants?id=eq.${assistantId}`, { paused_at }, caller)
    expect((await pause(new Date().toISOString())).status).toBe(200)
    const before = await world.readRows(assistantId)
    for (const request of [{}, { threadId: turn.threadId }])
      expect(await world.beginTurn(assistantId, token, request)).toMatchObject({
        status: 403,
        body: { message: 'assistant_paused' },
      })
    expect(await world.readRows(assistantId)).toEqual(before)
    expect((await api.rpc('list_messages', { thread_id: turn.threadId }, { token })).status).toBe(200)
    await pause(null)
    expect((await world.beginTurn(assistantId, token, { threadId: turn.threadId })).status).toBe(200)
  })
})
