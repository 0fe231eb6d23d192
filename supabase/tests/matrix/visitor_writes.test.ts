import { afterAll, beforeAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../support/world.ts'
import { readExpectations, type CallerName } from './expectations.ts'
import { createMatrixWorld, type MatrixWorld } from './matrix_world.ts'
import { readCatalog, readRows, type CatalogTable, type WorldRow } from './rows.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const expectations = readExpectations()

let matrix: MatrixWorld
let catalog: Map<string, CatalogTable>

beforeAll(async () => {
  matrix = await createMatrixWorld(world)
  catalog = await readCatalog(sql)
})
afterAll(() => world.close())

/** All that a visitor can bring about by writing, with what the database notes along with it. */
const MAY_CHANGE: Readonly<Record<string, readonly string[]>> = {
  threads: ['title', 'status', 'updated_at', 'deleted_at', 'shown_message_id'],
  follow_up_suggestions: ['used_at'],
  message_feedback: ['value', 'comment', 'updated_at', 'id', 'created_at'],
}

/** The same numbers each time, so that a failure comes again. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

it.each<CallerName>(['visitor A', 'identified visitor', 'Supabase-signed-in visitor'])(
  'whatever %s writes, by table or function, renames and archives threads, marks suggestions and gives feedback of theirs, and every other column stays what it was',
  async (name) => {
    const { api: caller, sessionIds } = matrix.callers[name]
    const roll = createDice(7)
    const pick = <Item>(items: readonly Item[]): Item => items[roll(items.length)]!
    const before = await readRows(sql, expectations, catalog, matrix)
    // Theirs as often as anybody's.
    const pickRow = (table: string): WorldRow => {
      const all = before.get(table)!
      return pick(roll(2) === 0 ? all : all.filter(({ sessionId }) => sessionIds.includes(sessionId ?? '')))
    }
    const values = [
      'active',
      'archived',
      'deleted',
      'up',
      'down',
      'x',
      '',
      null,
      1,
      true,
      {},
      [],
      new Date().toISOString(),
      crypto.randomUUID(),
    ]
    for (let round = 0; round < 60; round++) {
      const table = pick(Object.keys(MAY_CHANGE))
      const row = pickRow(table)
      const thread_id = pickRow('threads').json['id']
      const message_id = pickRow('messages').json['id']
      const change = Object.fromEntries(
        Array.from({ length: 1 + roll(2) }, () => [pick(catalog.get(table)!.columns), pick(values)]),
      )
      await pick([
        () => api.update(`${table}?id=eq.${String(row.json['id'])}`, change, caller),
        () => api.update(`${table}?created_at=gt.2000-01-01`, change, caller),
        () => api.insert(table, { ...row.json, ...change }, caller),
        () => api.insert('message_feedback', { message_id, value: pick(['up', 'down']) }, caller),
        () =>
          api.rpc(
            'update_thread',
            { thread_id, title: pick(['Mine', '', null]), status: pick(['active', 'archived', 'deleted', null]) },
            caller,
          ),
        () =>
          api.rpc(
            'set_feedback',
            { message_id, value: pick(['up', 'down', null]), comment: pick(['So.', null]) },
            caller,
          ),
        () => api.rpc('use_suggestion', { suggestion_id: row.json['id'] }, caller),
        () => api.rpc('delete_thread', { thread_id }, caller),
        () => api.rpc('restore_thread', { thread_id }, caller),
      ])()
    }
    const after = await readRows(sql, expectations, catalog, matrix)
    const strip = (table: string, { sessionId, json }: WorldRow): unknown => ({
      ...json,
      ...(sessionIds.includes(sessionId ?? '')
        ? Object.fromEntries((MAY_CHANGE[table] ?? []).map((column) => [column, null]))
        : {}),
    })
    for (const table of catalog.keys()) {
      // What visitors think of an answer comes and goes.
      const keep = ({ sessionId }: WorldRow): boolean =>
        table !== 'message_feedback' || !sessionIds.includes(sessionId ?? '')
      const stripped = (rows: WorldRow[] | undefined): unknown[] =>
        (rows ?? [])
          .filter(keep)
          .map((row) => strip(table, row))
          .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      expect([table, stripped(after.get(table))]).toEqual([table, stripped(before.get(table))])
    }
    const feedback = after.get('message_feedback')!.filter(({ sessionId }) => sessionIds.includes(sessionId ?? ''))
    const answers = after.get('messages')!.filter(({ json }) => json['role'] === 'assistant')
    for (const { json } of feedback)
      expect(answers.find((answer) => answer.json['id'] === json['message_id'])!.json).toMatchObject({
        thread_id: json['thread_id'],
        session_id: json['session_id'],
        assistant_id: json['assistant_id'],
      })
    // Something did change, or nothing was tried.
    expect(JSON.stringify([...after])).not.toBe(JSON.stringify([...before]))
  },
)

it.each<CallerName>(['visitor A', 'identified visitor', 'Supabase-signed-in visitor'])(
  '%s deletes a thread by the function alone, and takes back no use of a suggestion',
  async (name) => {
    const { api: caller, sessionIds } = matrix.callers[name]
    const forbidden = { body: { code: '42501', message: expect.stringContaining('row-level security') } }
    // Whatever was done to it before.
    await sql`update loacl.threads set status = 'active' where session_id = ${sessionIds[0]!}`
    const mine = `session_id=eq.${sessionIds[0]!}`
    expect(await api.update(`threads?${mine}`, { status: 'deleted' }, caller)).toMatchObject(forbidden)
    expect(await api.update(`follow_up_suggestions?${mine}`, { used_at: null }, caller)).toMatchObject(forbidden)
  },
)
