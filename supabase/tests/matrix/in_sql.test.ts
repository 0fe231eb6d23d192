import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../support/world.ts'
import { CALLERS, readExpectations, VERBS, type CallerName, type Verb } from './expectations.ts'
import { createMatrixWorld, type MatrixWorld } from './matrix_world.ts'
import { isWithin, keyOf, readCatalog, readRows, type CatalogTable, type WorldRow } from './rows.ts'
import { attemptAll, compare, type Attempt, type Attempted } from './sql_attempts.ts'

const world = createWorld(workerStack())
const { sql } = world
const expectations = readExpectations()

let matrix: MatrixWorld
let catalog: Map<string, CatalogTable>
let rows: Map<string, WorldRow[]>

beforeAll(async () => {
  matrix = await createMatrixWorld(world)
  catalog = await readCatalog(sql)
  rows = await readRows(sql, expectations, catalog, matrix)
})
afterAll(() => world.close())

describe('every line is there, and none too many:', () => {
  it('a line for each table and view, with all its columns', () => {
    const found = [...catalog].map(([name, { columns }]) => `${name}: ${columns.toSorted().join(' ')}`)
    const lines = [...expectations.tables].map(([name, { columns }]) => `${name}: ${columns.toSorted().join(' ')}`)
    expect(lines.toSorted()).toEqual(found.toSorted())
  })

  it('a line for each exposed function', async () => {
    const found = await sql<{ name: string }[]>`
      select proname || '(' || pg_get_function_identity_arguments(oid) || ')' as name
      from pg_proc where pronamespace = 'loacl'::regnamespace order by 1
    `
    expect([...expectations.functions.keys()].toSorted()).toEqual(found.map(({ name }) => name).toSorted())
  })

  it('rows of every table to try it on, for both operators', () => {
    for (const [name, found] of rows)
      expect([name, matrix.ownerIds.every((id) => found.some(({ ownerId }) => ownerId === id))]).toEqual([name, true])
  })
})

const refused = ({ code, message }: Attempted): boolean => code === '42501' && message!.startsWith('permission denied')
/** Refused by a policy, or by a trigger that finds nothing to go by. */
const turnedAway = ({ code }: Attempted): boolean => ['42501', 'PT404', '23503'].includes(code ?? '')
const keysAre =
  (keys: readonly string[]) =>
  ({ answer }: Attempted): boolean =>
    JSON.stringify((answer as string[] | null)?.toSorted() ?? []) === JSON.stringify(keys.toSorted())
const touches =
  (count: number) =>
  ({ answer }: Attempted): boolean =>
    answer === count

describe.each(CALLERS)('%s, in SQL', (callerName) => {
  it.each(VERBS)('%ss what they may and nothing else', async (verb) => {
    const tried: Attempt[] = []
    const expected: ((attempted: Attempted) => boolean)[] = []
    for (const [name, table] of catalog) {
      const list = verb === 'insert' ? insertsOf(callerName, name, table) : othersOf(verb, callerName, name, table)
      for (const [attempt, expectation] of list) {
        tried.push({ ...attempt, name: `${verb} ${name} ${attempt.name}` })
        expected.push(expectation)
      }
    }
    expect(tried.length).toBeGreaterThanOrEqual(catalog.size)
    expect(compare(tried, await attemptAll(sql, matrix.callers[callerName], tried), expected)).toEqual([])
  })
})

type Expected = [Attempt, (attempted: Attempted) => boolean]
const nameInSql = (name: string): string => (name.includes('.') ? name : `loacl.${name}`)
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Select, update and delete, without a filter: whatever is let through is taken. */
function othersOf(verb: Verb, callerName: CallerName, name: string, table: CatalogTable): Expected[] {
  const caller = matrix.callers[callerName]
  const { scopes, writes } = expectations.tables.get(name)!
  const scope = scopes[callerName][verb]
  const all = rows.get(name) ?? []
  // Others' tests use the same tables: who may do everything touches the rows of this world alone.
  const filter =
    scope === 'all' ? `where ${keyOf(table)} = any (${literal(`{${all.map(({ key }) => key).join(',')}}`)})` : ''
  const keys = all.filter((row) => isWithin(scope, row, caller)).map(({ key }) => key)
  const sum = (relation: string): string => `select jsonb_agg(${keyOf(table)}) from ${relation}`
  const target = nameInSql(name)
  if (verb === 'delete') {
    const statement =
      scope === undefined
        ? `delete from ${target}`
        : `with d as (delete from ${target} ${filter} returning *) ${sum('d')}`
    const attempts: Expected[] = [[{ name: 'rows', statement }, scope === undefined ? refused : keysAre(keys)]]
    // What a statement reads must be selectable as well: only one that reads nothing is checked by its own policy alone.
    if (scope !== undefined && scope !== 'all')
      attempts.push([{ name: 'rows unread', statement: `delete from ${target}` }, touches(keys.length)])
    return attempts
  }
  if (verb === 'update') {
    const columns = table.columns.map((column): Expected => {
      const isMine = writes[caller.role].update.includes(column) && scope !== undefined
      const update = `update ${target} set "${column}" = "${column}"`
      if (table.generated.includes(column))
        return [{ name: column, statement: update }, ({ code }) => code === '428C9' || code === '42501']
      if (!isMine) return [{ name: column, statement: update }, refused]
      return [{ name: column, statement: `with u as (${update} ${filter} returning *) ${sum('u')}` }, keysAre(keys)]
    })
    const own = all.find((row) => isWithin(scope, row, caller))
    const another = all.find((row) => row.ownerId !== null && !isWithin('own', row, caller))
    const writable = scope === undefined || scope === 'all' ? [] : writes[caller.role].update
    const set = (column: string, row: WorldRow | undefined): string =>
      `update ${target} set "${column}" = (jsonb_populate_record(null::${target}, ${literal(JSON.stringify(row?.json ?? {}))}))."${column}"`
    return [
      ...columns,
      ...writable
        .filter((column) => !table.generated.includes(column))
        .map((column): Expected => [
          { name: `${column} unread`, statement: set(column, own ?? another) },
          touches(keys.length),
        ]),
      ...writable
        .filter((column) => ['owner_id', 'assistant_id'].includes(column))
        .map((column): Expected => [
          { name: `${column} given away`, statement: set(column, another) },
          keys.length > 0 ? turnedAway : touches(0),
        ]),
    ]
  }
  return [
    [{ name: 'rows', statement: `${sum(target)} ${filter}` }, scope === undefined ? refused : keysAre(keys)],
    ...table.columns.map((column): Expected => [
      {
        name: column,
        statement: `select to_jsonb(count("${column}")) from (select "${column}" from ${target} limit 1) t`,
      },
      scope === undefined ? refused : ({ code }) => code === undefined,
    ]),
  ]
}

/** A row that was there is taken away and put back by the caller: their own, another's, and another's in their own name. */
function insertsOf(callerName: CallerName, name: string, table: CatalogTable): Expected[] {
  const caller = matrix.callers[callerName]
  const { scopes, writes } = expectations.tables.get(name)!
  const scope = scopes[callerName].insert
  const target = nameInSql(name)
  const writable = scope === undefined ? [] : writes[caller.role].insert
  const open = table.columns.filter((column) => !table.generated.includes(column))
  const insert = (row: WorldRow | undefined, columns: readonly string[]): Omit<Attempt, 'name'> => {
    const list = columns.map((column) => `"${column}"`).join(', ')
    const json = literal(JSON.stringify(row?.json ?? {}))
    return {
      ...(row ? { prepare: `delete from ${target} where ${keyOf(table)} = ${literal(row.key)}` } : {}),
      statement: `insert into ${target} (${list}) select ${list} from jsonb_populate_record(null::${target}, ${json})`,
    }
  }
  const all = rows.get(name) ?? []
  const [own] = all.filter((row) => isWithin(scope, row, caller))
  const [another] = all.filter((row) => !isWithin(scope === undefined ? 'own' : scope, row, caller))
  const columns = open.filter((column) => scope === undefined || writable.includes(column))
  const attempts: Expected[] = []
  if (own) attempts.push([{ name: 'own', ...insert(own, columns) }, ({ code }) => code === undefined])
  if (another || !own)
    attempts.push([{ name: 'another’s', ...insert(another, columns) }, scope === undefined ? refused : turnedAway])
  if (another && writable.includes('owner_id') && caller.ownerId !== null && scope === 'none') {
    const claimed = { ...another, json: { ...another.json, owner_id: caller.ownerId } }
    attempts.push([{ name: 'their own, of an owner who is none', ...insert(claimed, columns) }, turnedAway])
  }
  for (const column of open)
    if (!writable.includes(column)) attempts.push([{ name: column, ...insert(own ?? another, [column]) }, refused])
  return attempts
}

describe('functions, in SQL', () => {
  it.each(CALLERS)('%s calls what they may and nothing else', async (callerName) => {
    const caller = matrix.callers[callerName]
    const functions = await sql<{ signature: string; call: string }[]>`
      select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as signature,
        format('select to_jsonb(x) from loacl.%I(%s) x', p.proname,
          (select string_agg('null::' || format_type(t, null), ', ' order by place) from unnest(p.proargtypes) with ordinality as a (t, place))
        ) as call
      from pg_proc p where p.pronamespace = 'loacl'::regnamespace
    `
    const attempts = functions.map(({ signature, call }) => ({ name: signature, statement: call }))
    // Read only: what is let in does nothing, and gets as far as its first write.
    const attempted = await attemptAll(sql, caller, attempts, { readOnly: true })
    const expected = functions.map(({ signature }) =>
      expectations.functions.get(signature)?.includes(caller.role)
        ? ({ code }: Attempted) => code !== '42501'
        : refused,
    )
    expect(compare(attempts, attempted, expected)).toEqual([])
  })

  it.each(CALLERS)('%s reaches no function of loacl_private', async (callerName) => {
    const functions = await sql<{ call: string }[]>`
      select format('select to_jsonb(x::text) from loacl_private.%I(%s) x', p.proname,
        (select string_agg('null', ', ') from unnest(p.proargtypes))) as call
      from pg_proc p where p.pronamespace = 'loacl_private'::regnamespace
    `
    const attempts = functions.map(({ call }) => ({ name: call, statement: call }))
    const attempted = await attemptAll(sql, matrix.callers[callerName], attempts, { readOnly: true })
    expect(
      compare(
        attempts,
        attempted,
        attempts.map(() => refused),
      ),
    ).toEqual([])
  })
})
