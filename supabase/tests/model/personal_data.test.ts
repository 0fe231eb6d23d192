import { afterAll, beforeEach, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import type { Caller } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { columnsIn, columnsLeft, createMarkedVisitor, readListed, type MarkedVisitor } from './personal_data.ts'

const world = createWorld(workerStack())
const { api, sql } = world

let visitor: MarkedVisitor

beforeEach(async () => {
  visitor = await createMarkedVisitor(world)
})
afterAll(() => world.close())

const without = (listed: readonly string[]): string[] =>
  [...visitor.markers.keys()].filter((name) => !listed.includes(name)).toSorted()

it('every column of text or JSON is a visitor’s, with a marker in it, or an owner’s', () => {
  expect(visitor.strange).toEqual([])
  expect(visitor.unmarked).toEqual([
    'conversation_tags.color',
    // Of a shape that no marker has.
    'tool_executions.arguments_digest',
    'tool_executions.tool_digest',
  ])
  expect(visitor.markers.size).toBeGreaterThan(40)
})

it('what is listed is there', () => {
  const listed = ['visitor', 'both'].flatMap((word) => readListed('Left out of the exports', word))
  const staying = ['erasure', 'purge', 'retention'].flatMap((word) => readListed('What stays', word))
  expect([...listed, ...staying].filter((name) => !visitor.markers.has(name))).toEqual([])
})

it('a visitor’s export holds every column of theirs, but for those that are listed with a reason', async () => {
  const { status, body } = await api.rpc('export_visitor_data', {}, visitor.caller.api)
  expect(status).toBe(200)
  const exported = columnsIn(visitor, JSON.stringify(body))
  expect(exported.toSorted()).toEqual(without(readListed('Left out of the exports', 'visitor')))
})

it('an operator’s export of a visitor holds every column, but for those that are listed with a reason', async () => {
  const [session_id] = visitor.caller.sessionIds
  const { status, body } = await api.rpc('export_visitor', { session_id }, visitor.operator.api)
  expect(status).toBe(200)
  const exported = columnsIn(visitor, JSON.stringify(body))
  expect(exported.toSorted()).toEqual(without(readListed('Left out of the exports', 'operator')))
})

const purge = async (): Promise<void> => {
  const ids = [...visitor.caller.sessionIds]
  const threads = await sql<{ id: string }[]>`
    select id from loacl.threads where status <> 'deleted' and session_id = any (${ids})
  `
  for (const { id } of threads)
    expect((await api.rpc('delete_thread', { thread_id: id }, visitor.caller.api)).status).toBe(200)
  await sql`update loacl.threads set deleted_at = now() - interval '7 days' where session_id = any (${ids})`
  await sql`select loacl_private.clean_up()`
}

const retain = async (): Promise<void> => {
  const ids = [...visitor.caller.sessionIds]
  await sql`
    update loacl.assistants set retention_days = 30
    where id in (select assistant_id from loacl.sessions where id = any (${ids}))
  `
  await sql`
    update loacl.threads
    set last_message_at = now() - interval '31 days', status = 'active', deleted_at = null, client_id = client_id || id
    where session_id = any (${ids})
  `
  await sql`update loacl.sessions set expires_at = now() where id = any (${ids})`
  await sql`select loacl_private.clean_up()`
}

const call = async (name: string, args: object, caller: Caller): Promise<void> =>
  void expect((await api.rpc(name, args, caller)).status).toBe(200)

it.each<[string, string, () => Promise<void>]>([
  ['erasure', 'by the visitor', () => call('erase_visitor_data', {}, visitor.caller.api)],
  [
    'erasure',
    'by the operator',
    () => call('erase_visitor', { session_id: visitor.caller.sessionIds[1] }, visitor.operator.api),
  ],
  ['purge', 'of all their conversations', purge],
  ['retention', 'of all their conversations', retain],
])('nothing of a visitor stays after %s %s, but what is listed with a reason', async (word, _, end) => {
  expect((await columnsLeft(sql, visitor)).toSorted()).toEqual(without([]))
  await end()
  expect((await columnsLeft(sql, visitor)).toSorted()).toEqual(readListed('What stays', word).toSorted())
  const nameless = await sql`
    select from loacl.usage_logs where session_id is not null and model = ${visitor.markers.get('usage_logs.model')!}
  `
  expect(nameless.length > 0).toBe(word === 'purge')
})
