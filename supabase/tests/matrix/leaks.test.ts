import { ADMIN_FUNCTION, CHAT_FUNCTION, FUNCTIONS_PATH } from '@loacl/wire'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createToken, type Caller } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { CALLERS, readExpectations, type CallerName } from './expectations.ts'
import { MARKER, plantMarkers, SHORT_MARKER } from './markers.ts'
import { createMatrixWorld, type MatrixWorld } from './matrix_world.ts'
import { readCatalog } from './rows.ts'

const stack = workerStack()
const world = createWorld(stack)
const { api, sql } = world
const expectations = readExpectations()
const VISITORS = CALLERS.filter((name) => !['operator', 'other operator', 'service_role'].includes(name))
let matrix: MatrixWorld
let unplanted: string[] = []
const told: { by: string; text: string }[] = []

beforeAll(async () => {
  matrix = await createMatrixWorld(world)
  unplanted = await plantMarkers(sql, matrix)
})
afterAll(async () => {
  await sql`delete from loacl_private.deletion_queue where reference = ${MARKER}`
  await sql`delete from loacl_private.kept_stops where message_id = ${MARKER}`
  await world.close()
})

it('there is a marker in every column that no visitor is to see', () => {
  expect(unplanted).toEqual([])
})

async function note(by: string, response: Response): Promise<void> {
  told.push({ by, text: `${JSON.stringify([...response.headers])} ${await response.text()}` })
}
const noteAnswer = (by: string, answer: unknown): void => void told.push({ by, text: JSON.stringify(answer) })

const findLeaks = () =>
  told.filter(({ text }) => [MARKER, MARKER.toLowerCase(), SHORT_MARKER].some((secret) => text.includes(secret)))

it.each(VISITORS)('nothing of it is in what %s can select, embed, search or make fail', async (name) => {
  const caller = matrix.callers[name].api
  const catalog = await readCatalog(sql)
  const tables = [...catalog.keys()].filter((table) => !table.includes('.'))
  await Promise.all(
    tables.map(async (table) => noteAnswer(`${name}: ${table}`, await api.select(`${table}?select=*`, caller))),
  )
  const readable = tables.filter((table) => expectations.tables.get(table)!.scopes['visitor A'].select)
  for (const table of readable)
    for (const other of ['assistants', 'sessions', 'file_objects', 'thread_overrides', 'usage_logs'])
      noteAnswer(`${name}: ${table} with ${other}`, await api.select(`${table}?select=*,${other}(*)`, caller))
  noteAnswer(name, await api.select(`messages?select=id&assistants.instructions=like.${MARKER}*`, caller))
  noteAnswer(name, await api.insert('message_feedback', { message_id: randomUUID(), value: 'up' }, caller))
  noteAnswer(name, await api.update('threads?status=eq.active', { title: 'x'.repeat(300) }, caller))
  noteAnswer(name, await api.select('messages?select=id&order=nothing', caller))
  expect(told).not.toEqual([])
  expect(findLeaks()).toEqual([])
})

it.each(VISITORS)('nor in what the functions tell %s, whatever they are called with', async (name) => {
  const caller = matrix.callers[name].api
  const places = await sql<{ thread_id: string; message_id: string; session_id: string; assistant_id: string }[]>`
    select thread_id, id as message_id, session_id, assistant_id
    from loacl.messages where role = 'assistant' and session_id = any (${matrix.sessionIds})
  `
  const functions = await sql<{ name: string; args: string[] }[]>`
    select proname as name, coalesce(proargnames[1:pronargs], '{}') as args
    from pg_proc where pronamespace = 'loacl'::regnamespace and proname <> 'erase_visitor_data'
  `
  const isOwn = (place: { session_id: string }): boolean => matrix.callers[name].sessionIds.includes(place.session_id)
  const tried = [places.find(isOwn), places.find((place) => !isOwn(place))].filter((place) => place !== undefined)
  for (const place of tried)
    await Promise.all(
      functions.map(async ({ name: called, args }) => {
        const body = Object.fromEntries(
          args.map((arg) => [
            arg,
            { ...place, suggestion_id: randomUUID(), search: MARKER.slice(0, 8), request: {} }[arg] ?? null,
          ]),
        )
        noteAnswer(`${name}: ${called}`, await api.rpc(called, body, caller))
      }),
    )
  noteAnswer(name, await api.rpc('list_threads', { assistant_id: 'x' }, caller))
  noteAnswer(name, await api.rpc('list_threads', { assistant_id: matrix.assistantIds[0], cursor: 'x' }, caller))
  expect(told).not.toEqual([])
  expect(findLeaks()).toEqual([])
})

it('a search finds nothing by what its visitor may not read', async () => {
  const { api: caller, sessionIds } = matrix.callers['visitor A']
  await sql`update loacl.messages set content = ${MARKER} where role = 'system' and session_id = ${sessionIds[0]!}`
  const { body } = await api.rpc('list_threads', { assistant_id: matrix.assistantIds[0], search: MARKER }, caller)
  expect(body).toEqual({ items: [], nextCursor: null })
})

const ask = (assistantId: string, text: string) => ({
  type: 'message',
  assistantId,
  id: randomUUID(),
  threadId: null,
  text,
})

it('nor in an answer as it streams, is read again, is stopped or fails', async () => {
  const [owner] = await sql<
    { owner_id: string }[]
  >`select owner_id from loacl.assistants where id = ${stack.assistantId}`
  const [assistant] = await sql<{ id: string }[]>`
    insert into loacl.assistants (owner_id, name, model, instructions, metadata)
    values (${owner!.owner_id}, ${randomUUID()}, 'gpt-6-luna', ${`${MARKER}: be kind.`}, ${sql.json({ [MARKER]: MARKER })})
    returning id
  `
  const [resource] = await sql<{ id: string }[]>`
    insert into loacl.resources (owner_id, key, content) values (${owner!.owner_id}, ${randomUUID()}, ${MARKER}) returning id
  `
  await sql`
    insert into loacl.assistant_resources (owner_id, assistant_id, resource_id, is_given)
    values (${owner!.owner_id}, ${assistant!.id}, ${resource!.id}, true)
  `
  const token = createToken()
  const chat = (path: string, caller: Caller, body?: unknown): Promise<Response> =>
    fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        apikey: stack.publishableKey,
        'content-type': 'application/json',
        ...(caller.token === undefined ? {} : { 'x-loacl-session': caller.token }),
        ...(caller.jwt === undefined ? {} : { authorization: `Bearer ${caller.jwt}` }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })

  for (const text of ['What is this?', '[[401]]', '[[500]]', '[[cut]] go on']) {
    await note(text, await chat('/turns', { token }, ask(assistant!.id, text)))
  }
  const turns = await sql<{ id: string }[]>`
    select t.id from loacl_private.turns t join loacl.threads h on h.id = t.thread_id where h.assistant_id = ${assistant!.id}
  `
  expect(turns.length).toBe(4)
  await sql`
    update loacl_private.message_internals set metadata = ${sql.json({ a: MARKER })}
    where message_id in (select id from loacl.messages where assistant_id = ${assistant!.id})
  `
  await sql`
    update loacl_private.turn_steps set provider_items = ${sql.json([MARKER])}, response_id = ${MARKER}
    where turn_id in ${sql(turns.map(({ id }) => id))}
  `
  for (const { id } of turns)
    for (const caller of [{ token }, { token: createToken() }, {}]) {
      await note('read', await chat(`/turns/${id}?after=0`, caller))
      await note('stop', await chat(`/turns/${id}/stop`, caller, {}))
    }
  // With a key that opens nothing, in every caller's hands.
  for (const name of VISITORS satisfies readonly CallerName[])
    await note(name, await chat('/turns', matrix.callers[name].api, ask(matrix.assistantIds[0]!, 'Hello')))
  for (const body of ['{', '{}', '[]', { type: 'message', assistantId: 'x' }, { type: 'retry' }])
    await note('bad request', await chat('/turns', { token }, body))
  for (const path of ['/identify', '/sign-out', '/nothing', '/turns/x'])
    await note(path, await chat(path, { token }, { assistantId: assistant!.id, token: 'a.b.c' }))
  for (const path of ['secrets', 'provider-keys', ''])
    await note(
      'admin',
      await fetch(`${stack.apiUrl}/${FUNCTIONS_PATH}${ADMIN_FUNCTION}/${path}`, {
        headers: { apikey: stack.publishableKey },
      }),
    )
  noteAnswer('messages', await api.select('messages?select=*', { token }))
  noteAnswer('export', await api.rpc('export_visitor_data', {}, { token }))
  const sealed = await sql<
    { ciphertext: string }[]
  >`select ciphertext from loacl_private.secrets where owner_id = ${owner!.owner_id}`
  await sql`delete from loacl.assistants where id = ${assistant!.id}`
  await sql`delete from loacl.resources where id = ${resource!.id}`
  const everything = told.map(({ text }) => text).join('\n')
  expect(everything).toContain('data-answer-complete')
  for (const { ciphertext } of sealed) expect(everything).not.toContain(ciphertext)
  expect(everything).not.toMatch(/sk-[A-Za-z0-9]|ciphertext|encrypted_content|cost_usd|costUsd|Incorrect API key/)
  expect(told).not.toEqual([])
  expect(findLeaks()).toEqual([])
}, 60_000)
