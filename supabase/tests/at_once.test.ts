import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../packages/local/test/worker_stack.ts'
import { createChat, createSite, signIdentity, type Site } from './identity/site.ts'
import { createToken, type Answer } from './support/api.ts'
import { createWorld } from './support/world.ts'
import { createTurnCalls } from './turns/turn_calls.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world
const chat = createChat(stack)

let site: Site
beforeAll(async () => {
  site = await createSite(world, stack)
})
afterAll(() => world.close())

async function identify(sub: string, newToken = createToken(), token = createToken()) {
  const identityToken = await signIdentity(site, sub)
  return chat.identify({ token }, { assistantId: site.assistantId, newToken, identityToken })
}

async function threadIds(token: string): Promise<string[]> {
  const { body } = await api.rpc(
    'open_session',
    { assistant_id: site.assistantId },
    { token, origin: 'https://site.test' },
  )
  return body.threads.items.map(({ id }: { id: string }) => id)
}

describe('at once, or many times', () => {
  it('a new token that several places ask for is given to one person, or to nobody', async () => {
    for (let n = 0; n < 5; n++) {
      const newToken = createToken()
      const same = await Promise.all([1, 2, 3, 4].map(() => identify('one', newToken)))
      expect(same.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      expect(new Set(same.map(({ body }) => body.visitor.sessionId)).size).toBe(1)
      const taken = { status: 409, body: { error: { code: 'id_conflict' } } }
      expect(await identify('another', newToken)).toMatchObject(taken)
    }
  })

  it('a person who identifies themselves has twenty sessions at most in which nothing was said', async () => {
    const withThread = await chat.identified(site, 'busy')
    const { threadId } = await world.converse(site.assistantId, withThread)
    const latest = createToken()
    for (let n = 0; n < 24; n++) await identify('busy')
    await identify('busy', latest)
    expect(
      await sql`
      select from loacl.sessions where assistant_id = ${site.assistantId} and external_id = 'busy'
    `,
    ).toHaveLength(21)
    expect(await threadIds(withThread)).toEqual([threadId])
    expect(await threadIds(latest)).toEqual([threadId])
  })

  it('a visitor erases what is theirs while they send a message', async () => {
    for (let n = 0; n < 12; n++) {
      const token = createToken()
      const { threadId } = await world.converse(site.assistantId, token)
      const [begun, erased] = await Promise.all([
        world.beginTurn(site.assistantId, token, { threadId }),
        api.rpc('erase_visitor_data', {}, { token }),
      ])
      expect([200, 401]).toContain(begun.status)
      expect(erased.status).toBe(200)
      expect(await sql`select from loacl.threads where id = ${threadId}`).toHaveLength(0)
    }
  })

  it('a turn that waits is resumed, stopped and followed by another message, and comes to one end', async () => {
    const { resume, stop, wait } = createTurnCalls(world)
    for (let n = 0; n < 12; n++) {
      const token = createToken()
      const { turn, threadId } = await world.ask(site.assistantId, token)
      await wait(turn)
      const [resumed, again, stopped, next, erased] = await Promise.all([
        resume(turn, token),
        resume(turn, token),
        stop(turn, token),
        world.beginTurn(site.assistantId, token, { threadId }),
        n % 3 === 0 ? api.rpc('erase_visitor_data', {}, { token }) : null,
      ])
      for (const { status } of [resumed, again, stopped, next]) expect([200, 401, 404, 409]).toContain(status)
      expect([resumed, again].filter(({ body }) => body.joined === false).length).toBeLessThanOrEqual(1)
      expect(erased?.status ?? 200).toBe(200)
      const open = await sql<{ id: string; state: string }[]>`
        select id, state from loacl_private.turns where thread_id = ${threadId} and state in ('running', 'waiting')
      `
      // The one that waited runs again, or has ended for the next.
      const latest = next.status === 200 && !erased ? [{ id: next.body.turn.id, state: 'running' }] : open
      expect(open).toEqual(latest)
      expect(open.length).toBeLessThanOrEqual(1)
      expect(open.map(({ state }) => state)).not.toContain('waiting')
    }
  })

  it('a visitor erases what is theirs while something is written that holds a message and waits for its thread', async () => {
    /** `null` where the machine was so slow that the one who writes was refused, and not the erasure. */
    async function eraseInDeadlock() {
      const token = createToken()
      const { threadId, messageId } = await world.converse(site.assistantId, token)
      let erasing!: Promise<Answer>
      try {
        await sql.begin(async (writing) => {
          await writing`select from loacl.messages where id = ${messageId} for key share`
          erasing = api.rpc('erase_visitor_data', {}, { token })
          // Within the database, so that no delay on the way lets the erasure check for a deadlock before there is one: it
          // checks once, a second after it began to wait.
          await writing.unsafe(`
            set local statement_timeout = '10s';
            do $$
            begin
              while not exists (select from pg_locks where not granted and transactionid = pg_current_xact_id()::xid) loop
                perform pg_sleep(0.01);
              end loop;
              perform from loacl.threads where id = '${threadId}' for key share;
            end
            $$
          `)
        })
      } catch (error) {
        await erasing
        if ((error as { code?: string }).code === '40P01') return null
        throw error
      }
      return { threadId, answer: await erasing }
    }

    let erased = null
    while (!erased) erased = await eraseInDeadlock()
    expect(erased.answer).toMatchObject({ status: 200, body: { threads: 1 } })
    expect(await sql`select from loacl.threads where id = ${erased.threadId}`).toHaveLength(0)
  })
})

/** What comes while somebody has begun to delete it, and is let go once it waits. */
async function whileDeleted(assistantId: string, threadId: string, write: () => Promise<Answer>): Promise<Answer> {
  const { written } = await sql.begin(async (deleting) => {
    const [{ pid }] = await deleting<[{ pid: number }]>`select pg_backend_pid() as pid`
    await deleting`select from loacl.assistants where id = ${assistantId} for update`
    const begun = write()
    await expect
      .poll(() => sql`select from pg_stat_activity where ${pid} = any (pg_blocking_pids(pid))`)
      .toHaveLength(1)
    await deleting`select from loacl.threads where id = ${threadId} for update nowait`
    await deleting`delete from loacl.assistants where id = ${assistantId}`
    return { written: begun }
  })
  return written
}

describe('an owner deletes an assistant', () => {
  it('while a visitor sends a message, who is told that it is gone', async () => {
    const { id } = await world.createAssistant()
    const token = createToken()
    const { threadId } = await world.converse(id, token)
    expect(await whileDeleted(id, threadId, () => world.beginTurn(id, token, { threadId }))).toMatchObject({
      status: 404,
      body: { message: 'assistant_not_found' },
    })
  })

  it('while an answer is stored, or what was suggested after it, and either goes with it', async () => {
    const lost = { status: 409, body: { message: 'turn_lease_lost' } }
    const { id } = await world.createAssistant()
    const { turn, threadId } = await world.ask(id, createToken())
    expect(await whileDeleted(id, threadId, () => world.finish(turn))).toMatchObject(lost)

    const other = await world.createAssistant()
    const asked = await world.ask(other.id, createToken())
    await world.finish(asked.turn)
    const suggest = () =>
      api.rpc(
        'save_follow_ups',
        { turn_id: asked.turn.id, lease: asked.turn.lease, title: 'It', suggestions: ['And?'], usage: null },
        world.asServer(),
      )
    expect(await whileDeleted(other.id, asked.threadId, suggest)).toMatchObject(lost)
  })
})

it('an abandoned answer that is longer than a message may be keeps nobody up', async () => {
  const token = createToken()
  const { turn, threadId } = await world.ask(site.assistantId, token)
  for (const seq of [1, 2]) {
    const parts = [{ type: 'text-delta', id: 'text-1', delta: String(seq).repeat(600_000) }]
    const { id: turn_id, lease } = turn
    await api.rpc('append_turn_parts', { turn_id, lease, seq, parts }, world.asServer())
  }
  await sql`update loacl_private.turns set lease_expires_at = now() - interval '1 second' where id = ${turn.id}`

  expect(await api.rpc('run_clean_up', {}, world.asServer())).toMatchObject({ status: 200 })
  const { body } = await api.rpc('list_messages', { thread_id: threadId }, { token })
  expect(body.items[0]).toMatchObject({ status: 'failed', errorCode: 'turn_abandoned' })
  expect(body.items[0].content).toHaveLength(1_000_000)
  expect(await world.beginTurn(site.assistantId, token, { threadId })).toMatchObject({ status: 200 })
  const content = 'x'.repeat(1_200_000)
  const folded = { turn_id: turn.id, content, parts: [{ type: 'text', text: content }] }
  expect(await api.rpc('fold_turn', folded, world.asServer())).toMatchObject({ status: 204 })
})

it.each(['NaN', 'Infinity'])('a price of %s is refused: no budget would get rid of it', async (price) => {
  for (const column of ['input_usd', 'cached_input_usd', 'output_usd'])
    expect(
      await api.insert(
        'model_prices',
        { owner_id: site.owner.userId, model: 'odd', input_usd: 1, output_usd: 1, [column]: price },
        { jwt: site.owner.jwt },
      ),
    ).toMatchObject({ status: 400, body: { code: '23514' } })
})

it.each(['NaN', 'Infinity'])('nor may a call have cost %s: no sum would get rid of it', async (cost) => {
  const { messageId, threadId } = await world.converse(site.assistantId, createToken())
  const asServer = world.asServer()
  const tool = { message_id: messageId, tool_name: 'search', cost_usd: cost }
  const usage = { owner_id: site.owner.userId, purpose: 'answer', provider: 'openai', model: 'odd', cost_usd: cost }
  const tokens = { input_tokens: 1, cached_input_tokens: 0, output_tokens: 1, reasoning_tokens: 0 }
  for (const [table, row] of [
    ['tool_executions', tool],
    ['usage_logs', { ...usage, ...tokens, thread_id: threadId }],
  ] as const)
    expect(await api.insert(table, row, asServer)).toMatchObject({ status: 400, body: { code: '23514' } })
})

it.each(['NaN', 'Infinity'])('nor may a tool cost %s without anybody being asked', async (cost) => {
  const assistant_id = site.assistantId
  for (const column of ['max_cost_per_tool_usd', 'max_cost_per_hour_usd'])
    expect(
      await api.insert('auto_approval_settings', { assistant_id, [column]: cost }, { jwt: site.owner.jwt }),
    ).toMatchObject({ status: 400, body: { code: '23514' } })
})
