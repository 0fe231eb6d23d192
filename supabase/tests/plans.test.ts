import { randomBytes } from 'node:crypto'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectAsSuperuser, seedConversations } from '../../bench/access_rules/seed.ts'
import {
  isScanOfLargeTable,
  listLargeTables,
  openPlanReader,
  type PlanReader,
  type Scan,
} from '../../bench/access_rules/plans.ts'
import { ask, askForAll, createQueries, type Query } from '../../bench/access_rules/queries.ts'
import type { Caller } from '../../bench/access_rules/request.ts'
import { pickVisits, type Visit } from '../../bench/access_rules/visits.ts'
import { startStack, type Stack } from '../../packages/local/src/index.ts'

// A few hundredths of the bench's data: enough for the planner to prefer an index to the table.
const SIZE = { sessions: 4000, threads: 8000, messages: 24_000 }
const CALLERS = ['guest', 'person with three sessions', 'Supabase user', 'busy operator', 'quiet operator']
const OF_VISITORS = [
  'open_session',
  'list_threads',
  'list_messages',
  'list_events',
  'newest 50 messages',
  'begin_turn',
  'finish_turn',
]
const OF_OPERATORS = ['list_events', 'newest 50 messages', 'latest conversations', 'usage of 30 days']
const TABLES_OF_VISITORS = [
  'threads',
  'messages',
  'follow_up_suggestions',
  'message_annotations',
  'message_feedback',
  'files',
]
const LARGE = [
  ...TABLES_OF_VISITORS.map((table) => `loacl.${table}`),
  'loacl.sessions',
  'loacl_private.session_tokens',
  'loacl_private.thread_events',
]
/** Where policies find out who somebody is. */
const ASKED = ['loacl_private.session_tokens', 'loacl_private.operators']

// Of its own: others would see all these people.
let stack: Stack
let sql: postgres.Sql
let plans: PlanReader
let visits: Record<string, Visit[]>
let large: ReadonlySet<string>

beforeAll(async () => {
  stack = await startStack()
  sql = connectAsSuperuser(stack.dbUrl)
  plans = await openPlanReader(stack.dbUrl)
  await seedConversations(sql, SIZE)
  visits = await pickVisits(sql, 10)
  large = await listLargeTables(sql, 1000)
})
afterAll(async () => {
  await plans?.close()
  await sql?.end()
  await stack?.stop()
})

/** Every scan of a table that one request makes, with custom and with generic plans. */
async function readScans(query: Query): Promise<Scan[]> {
  const custom = await plans.read(query, { plans: 'custom' })
  return [...custom, ...(await plans.read(query, { plans: 'generic' }))]
}

/** The result of `select` for each query of the caller with the longest conversation. */
async function readAll<T>(kind: string, select: (scans: Scan[]) => T): Promise<Record<string, T>> {
  const [visit] = visits[kind]!.toSorted((a, b) => b.messages - a.messages)
  const results: Record<string, T> = {}
  for (const query of createQueries(visit!)) results[query.name] = select(await readScans(query))
  return results
}

it('has tables that are large enough to tell a full scan from an index scan', () => {
  expect([...large].toSorted()).toEqual(expect.arrayContaining(LARGE))
})

describe.each(CALLERS)('a %s', (kind) => {
  it('reads no large table from end to end, whatever they ask', async () => {
    const scans = await readAll(kind, (all) => all.filter((scan) => isScanOfLargeTable(scan, large)))
    expect(Object.keys(scans)).toEqual(expect.arrayContaining(kind.endsWith('operator') ? OF_OPERATORS : OF_VISITORS))
    expect(Object.values(scans).flat()).toEqual([])
  })

  it('is asked who they are a few times per request, not once per row', async () => {
    const times = await readAll(kind, (all) => all.filter(({ table }) => ASKED.includes(table)).length / 2)
    expect(Object.entries(times).filter(([, count]) => count > 30)).toEqual([])
  })
})

it('a person on one more device, and one who is exported or erased, are found without a scan of all sessions', async () => {
  // The planner knows nothing of how many sessions one person has, and takes it for more the more there are.
  await sql`
    insert into loacl.sessions (assistant_id)
    select assistant_id from (select assistant_id from loacl.sessions limit 1) cross join generate_series(1, 200000)
  `
  await sql`analyze loacl.sessions`
  // Reading a table of a thousand rows is faster than ten index lookups in it.
  const larger = await listLargeTables(sql, 5000)
  const [{ assistantId, sessionIds, caller }] = visits['person with three sessions'] as [Visit]
  const [person] = await sql`select external_id as id from loacl.sessions where id = ${sessionIds[0]!}`
  const [owner] = await sql`select owner_id as id from loacl.assistants where id = ${assistantId}`
  const [token, newToken] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')]
  const device = { assistantId, origin: 'https://site.test', newToken, externalId: person!.id }
  const server: Caller = { role: 'service_role', headers: { 'x-loacl-session': token }, claims: null }
  const operator: Caller = { role: 'authenticated', headers: {}, claims: { sub: owner!.id } }
  const scans = [
    ...(await readScans(ask('identify', server, 'select loacl.identify_session($1)', [device]))),
    ...(await readScans(ask('export_visitor', operator, 'select loacl.export_visitor($1)', [sessionIds[0]!]))),
    ...(await readScans(ask('export_visitor_data', caller, 'select loacl.export_visitor_data()', []))),
    ...(await readScans(ask('erase_visitor', operator, 'select loacl.erase_visitor($1)', [sessionIds[0]!]))),
    ...(await readScans(ask('erase_visitor_data', caller, 'select loacl.erase_visitor_data()', []))),
  ]
  expect([...larger]).toEqual(expect.arrayContaining(['loacl.sessions', 'loacl.threads', 'loacl.messages']))
  expect(scans.map((scan) => scan.table)).toContain('loacl.threads')
  expect(scans.filter((scan) => isScanOfLargeTable(scan, larger))).toEqual([])
})

it.each(TABLES_OF_VISITORS)('a guest who asks for all of %s gets theirs from an index', async (table) => {
  const scans = await readScans(askForAll(table, visits['guest']![0]!))
  expect(scans.map((scan) => scan.table)).toContain(`loacl.${table}`)
  expect(scans.filter((scan) => isScanOfLargeTable(scan, large))).toEqual([])
})
