import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type postgres from 'postgres'
import { makeTurns } from '../matrix/markers.ts'
import { createMatrixWorld, type MatrixCaller } from '../matrix/matrix_world.ts'
import { plantMarker, readTextColumns, type TextColumn } from '../matrix/text_columns.ts'
import type { World } from '../support/world.ts'

/** Tables with text that belongs to no visitor. One that is in neither group is not known to the exports. */
const OWNERS_TABLES = [
  'assistant_tools',
  'assistants',
  'auto_approval_settings',
  'document_vector_stores',
  'documents',
  'guided_questions',
  'mcp_servers',
  'loacl_private.operators',
  'loacl_private.secrets',
  'model_prices',
  'provider_configs',
  'resources',
  'vector_stores',
  // Filled when a row of somebody's goes.
  'loacl_private.deletion_queue',
]

export interface MarkedVisitor {
  caller: MatrixCaller
  operator: MatrixCaller
  /** What all of their markers begin with, and nobody else's. */
  mark: string
  /** What each column of theirs holds, by the column's name. */
  markers: ReadonlyMap<string, string>
  /** Columns that took no marker. */
  unmarked: readonly string[]
  /** Tables of unknown rows. */
  strange: readonly string[]
}

/** Somebody whom the site identified on two devices, with a row in every table that can have one, and a marker in every column. */
export async function createMarkedVisitor(world: World): Promise<MarkedVisitor> {
  const { sql } = world
  const { callers } = await createMatrixWorld(world)
  const caller = callers['identified visitor']
  await makeTurns(sql, caller.sessionIds)
  await sql`
    update loacl.messages set status = 'failed', error_code = 'x'
    where role = 'assistant' and session_id = any (${[...caller.sessionIds]})
  `
  await sql`
    insert into loacl_private.kept_stops (token_hash, message_id)
    select k.token_hash, 'x' from loacl_private.session_tokens k where k.session_id = any (${[...caller.sessionIds]})
  `
  // Of an answer it must be empty.
  await sql`
    update loacl.messages set context = '{}' where author = 'visitor' and session_id = any (${[...caller.sessionIds]})
  `
  const mark = `m${randomBytes(6).toString('hex')}`
  const markers = new Map<string, string>()
  const unmarked: string[] = []
  const strange = new Set<string>()
  for (const column of await readTextColumns(sql)) {
    const where = ownRowsOf(column)
    if (OWNERS_TABLES.includes(column.table)) continue
    if (where === null) strange.add(column.table)
    if (where === null || column.isWord) continue
    const name = `${column.table}.${column.column}`
    const marker = mark + randomBytes(6).toString('hex')
    if (await plantMarker(sql, column, marker, where, [[...caller.sessionIds]])) markers.set(name, marker)
    else unmarked.push(name)
  }
  return { caller, operator: callers.operator, mark, markers, unmarked, strange: [...strange] }
}

/** The rows of a visitor with the sessions `$1`. */
function ownRowsOf({ table, columns }: TextColumn): string | null {
  const threads = 'select id from loacl.threads where session_id = any ($1)'
  if (table === 'sessions') return 'id = any ($1)'
  if (table === 'file_objects') return 'id in (select object_id from loacl.files where session_id = any ($1))'
  if (table === 'conversation_tags')
    return `id in (select tag_id from loacl.thread_tags where thread_id in (${threads}))`
  if (table === 'loacl_private.kept_stops')
    return 'token_hash in (select token_hash from loacl_private.session_tokens where session_id = any ($1))'
  if (columns.includes('session_id')) return 'session_id = any ($1)'
  if (columns.includes('thread_id')) return `thread_id in (${threads})`
  if (columns.includes('message_id')) return `message_id in (select id from loacl.messages where session_id = any ($1))`
  if (columns.includes('turn_id'))
    return `turn_id in (select id from loacl_private.turns where thread_id in (${threads}))`
  return null
}

/** Which columns have their marker in a text. */
export const columnsIn = ({ markers }: MarkedVisitor, text: string): string[] =>
  [...markers].filter(([, marker]) => text.includes(marker)).map(([name]) => name)

/** Which columns have their marker anywhere in the database. */
export async function columnsLeft(sql: postgres.Sql, visitor: MarkedVisitor): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select c.oid::regclass::text as name from pg_class c
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind in ('r', 'p')
  `
  const found = await Promise.all(
    tables.map(
      ({ name }) =>
        sql<{ row: string }[]>`
        select to_jsonb(t)::text as row from ${sql(name)} t
        where to_jsonb(t)::text like ${`%${visitor.mark}%`}
      `,
    ),
  )
  return columnsIn(visitor, JSON.stringify(found))
}

const page = readFileSync(new URL('../../../docs/personal-data.md', import.meta.url), 'utf8')

/** The columns that a table of docs/personal-data.md names for `word`; each has a reason. */
export function readListed(title: string, word: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  if (rows.length === 0) throw new Error(`docs/personal-data.md has no table under "${title}".`)
  return rows.flatMap((line) => {
    const [, columns = '', words = '', reason = ''] = line.split('|')
    if (reason.trim() === '') throw new Error(`No reason: ${line}`)
    const named = words.split(',').map((each) => each.trim())
    return named.includes(word) || named.includes('both')
      ? [...columns.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
      : []
  })
}
