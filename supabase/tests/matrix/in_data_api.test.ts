import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import type { Answer } from '../support/api.ts'
import { createWorld } from '../support/world.ts'
import { CALLERS, readExpectations, type CallerName } from './expectations.ts'
import { createMatrixWorld, type MatrixWorld } from './matrix_world.ts'
import { isWithin, readCatalog, readRows, type CatalogTable, type WorldRow } from './rows.ts'

const world = createWorld(workerStack())
const { api, sql } = world
const expectations = readExpectations()

let matrix: MatrixWorld
let catalog: Map<string, CatalogTable>
let rows: Map<string, WorldRow[]>
let exposed: [string, CatalogTable][]

beforeAll(async () => {
  matrix = await createMatrixWorld(world)
  catalog = await readCatalog(sql)
  exposed = [...catalog].filter(([name]) => !name.includes('.'))
  rows = await readRows(sql, expectations, catalog, matrix)
})
afterAll(() => world.close())

/** A few at a time: enough to keep the stack busy, and no more. */
async function forEachOf<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items]
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await run(item)
    }),
  )
}

const filterOf = ({ primaryKey }: CatalogTable, { json }: WorldRow): string =>
  primaryKey.map((column) => `${column}=eq.${encodeURIComponent(String(json[column]))}`).join('&')
const keysOf = ({ primaryKey }: CatalogTable, body: Record<string, unknown>[]): string[] =>
  body.map((row) => primaryKey.map((column) => row[column]).join('/')).toSorted()
const pick = (json: Record<string, unknown>, columns: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(columns.map((column) => [column, toBytes(json[column])]))
/** Bytes as the text that they are in this world: the one form that every Data API takes alike. */
const toBytes = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('\\x') ? Buffer.from(value.slice(2), 'hex').toString() : value
const isRefused = ({ status, body }: Answer): boolean =>
  [401, 403].includes(status) && body.code === '42501' && body.message.startsWith('permission denied')
/** Refused by a policy, or by a trigger that finds nothing to go by. */
const isTurnedAway = ({ body }: Answer): boolean =>
  ['42501', 'thread_not_found', 'message_not_found', '23503'].some((code) => [body.code, body.message].includes(code))
const isOne = ({ status, body }: Answer, expected: number): boolean => status === expected && body.length === 1
const isEmpty = ({ status, body }: Answer): boolean => status === 200 && JSON.stringify(body) === '[]'

function split(callerName: CallerName, name: string, verb: 'select' | 'insert' | 'update' | 'delete') {
  const scope = expectations.tables.get(name)!.scopes[callerName][verb]
  const all = rows.get(name)!
  const own = all.filter((row) => isWithin(scope, row, matrix.callers[callerName]))
  return { scope, own, others: all.filter((row) => !own.includes(row)) }
}

describe.each(CALLERS)('%s, through the Data API', (callerName) => {
  it('sees the rows that they may, with all their columns, and no others', async () => {
    const { api: caller } = matrix.callers[callerName]
    const wrong: unknown[] = []
    await forEachOf(exposed, async ([name, table]) => {
      const { scope, own } = split(callerName, name, 'select')
      // Others' tests fill the same tables: who sees everything is asked for one row.
      const shown = scope === 'all' ? own.slice(0, 1) : own
      const answer = await api.select(
        `${name}?select=*${scope === 'all' ? `&${filterOf(table, own[0]!)}` : ''}`,
        caller,
      )
      const isRight =
        scope === undefined
          ? isRefused(answer)
          : answer.status === 200 &&
            JSON.stringify(keysOf(table, answer.body)) === JSON.stringify(shown.map(({ key }) => key).toSorted()) &&
            answer.body.every(
              (row: object) => JSON.stringify(Object.keys(row).toSorted()) === JSON.stringify(table.columns.toSorted()),
            )
      if (!isRight) wrong.push([name, scope, answer])
    })
    expect(wrong).toEqual([])
  })

  it('adds nothing, changes nothing and deletes nothing that is not theirs', async () => {
    const { api: caller, role } = matrix.callers[callerName]
    const wrong: unknown[] = []
    const before = await readRows(sql, expectations, catalog, matrix)
    await forEachOf(exposed, async ([name, table]) => {
      const { writes } = expectations.tables.get(name)!
      const open = table.columns.filter((column) => !table.generated.includes(column))
      const updates = split(callerName, name, 'update')
      const deletes = split(callerName, name, 'delete')
      const inserts = split(callerName, name, 'insert')
      const check = (what: string, answer: Answer, isRight: (answer: Answer) => boolean): void => {
        if (!isRight(answer)) wrong.push([name, what, answer])
      }
      const columns = updates.scope === undefined ? [] : writes[role].update
      const another = updates.others.find(({ ownerId }) => ownerId !== null)
      if (another && columns.length > 0)
        check(
          'update another’s',
          await api.update(`${name}?${filterOf(table, another)}`, pick(another.json, columns), caller),
          isEmpty,
        )
      // In SQL every caller tries each column; here they are those of one visitor.
      const target = updates.own[0] ?? another
      const kept = open.filter((column) => !columns.includes(column))
      for (const column of target ? kept.slice(0, callerName === 'visitor A' ? kept.length : 1) : [])
        check(
          `update ${column}`,
          await api.update(`${name}?${filterOf(table, target!)}`, pick(target!.json, [column]), caller),
          isRefused,
        )
      const [foreign] = deletes.others
      if (foreign)
        check(
          'delete another’s',
          await api.remove(`${name}?${filterOf(table, foreign)}`, caller),
          deletes.scope === undefined ? isRefused : isEmpty,
        )
      const [strange] = inserts.others
      if (strange) {
        const insertable = inserts.scope === undefined ? open : writes[role].insert
        check(
          'insert another’s',
          await api.insert(name, pick(strange.json, insertable), caller),
          inserts.scope === undefined ? isRefused : isTurnedAway,
        )
      }
    })
    expect(wrong).toEqual([])
    expect(await readRows(sql, expectations, catalog, matrix)).toEqual(before)
  })

  it('finds no table of loacl_private, by whatever name', async () => {
    const { api: caller } = matrix.callers[callerName]
    const profile = { 'accept-profile': 'loacl_private', 'content-profile': 'loacl_private' }
    await forEachOf([...catalog.keys()], async (name) => {
      if (!name.includes('.')) return
      const bare = name.split('.')[1]!
      expect([name, (await api.select(`${bare}?select=*`, caller, profile)).status]).toEqual([name, 406])
      expect([name, (await api.select(`${bare}?select=*`, caller)).status]).toEqual([name, 404])
    })
  })
})

// One of each role.
describe.each(['visitor A', 'Supabase-signed-in visitor', 'operator', 'service_role'] as const)(
  '%s, through the Data API',
  (callerName) => {
    it('calls the functions that they may, and none else', async () => {
      // Theirs is a fresh token: what is let in finds nothing of anybody's.
      const caller = { ...matrix.callers[callerName].api }
      delete caller.token
      const wrong: unknown[] = []
      const functions = await sql<{ signature: string; name: string; args: { name: string; type: string }[] }[]>`
        select p.proname as name, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as signature,
          coalesce((
            select jsonb_agg(jsonb_build_object('name', p.proargnames[place], 'type', format_type(t, null)))
            from unnest(p.proargtypes) with ordinality as a (t, place)
          ), '[]') as args
        from pg_proc p where p.pronamespace = 'loacl'::regnamespace
      `
      await forEachOf(functions, async ({ signature, name, args }) => {
        const query = args.map(({ name: arg, type }) => `${arg}=${encodeURIComponent(SAMPLES[type] ?? 'x')}`).join('&')
        // GET is read only: what is let in gets as far as its first write.
        const answer = await api.select(`rpc/${name}?${query}`, caller)
        const isLetIn = expectations.functions.get(signature)!.includes(matrix.callers[callerName].role)
        const isAsExpected = isLetIn ? !/^(42501|PGRST)/.test(answer.body?.code ?? '') : isRefused(answer)
        if (!isAsExpected) wrong.push([signature, answer])
      })
      expect(wrong).toEqual([])
    })
  },
)

const SAMPLES: Readonly<Record<string, string>> = {
  uuid: '00000000-0000-4000-8000-000000000000',
  integer: '1',
  bigint: '1',
  numeric: '1',
  boolean: 'false',
  jsonb: '{}',
  'text[]': '{a}',
  'timestamp with time zone': '2026-01-01T00:00:00Z',
}

/** What is let in, really done: the last, as it takes rows away and puts them back. */
describe.each(['visitor A', 'Supabase-signed-in visitor', 'operator', 'service_role'] as const)(
  '%s, with what is theirs',
  (callerName) => {
    it('changes, deletes and adds it', async () => {
      const { api: caller, role } = matrix.callers[callerName]
      const wrong: unknown[] = []
      // What hangs on another comes first: a parent that goes takes it along.
      for (const [name, table] of exposed) {
        const { writes } = expectations.tables.get(name)!
        const mine = (verb: 'insert' | 'update' | 'delete'): WorldRow | undefined =>
          split(callerName, name, verb).own.find(
            ({ ownerId }) => ownerId === matrix.ownerIds[callerName === 'service_role' ? 1 : 0],
          )
        const [changed, added, removed] = [mine('update'), mine('insert'), mine('delete')]
        if (changed) {
          const columns = writes[role].update.filter((column) => !table.generated.includes(column))
          const answer = await api.update(`${name}?${filterOf(table, changed)}`, pick(changed.json, columns), caller)
          if (!isOne(answer, 200)) wrong.push([name, 'update', answer])
        }
        if (removed) {
          const answer = await api.remove(`${name}?${filterOf(table, removed)}`, caller)
          if (!isOne(answer, 200)) wrong.push([name, 'delete', answer])
        }
        if (added) {
          const columns = writes[role].insert.filter((column) => !table.generated.includes(column))
          const answer = await api.insert(name, pick(added.json, columns), caller)
          if (!isOne(answer, 201)) wrong.push([name, 'insert', answer])
        }
      }
      expect(wrong).toEqual([])
    })
  },
)
