import type postgres from 'postgres'
import { connectAsSuperuser } from './seed.ts'
import type { Query } from './queries.ts'
import { asRequest } from './request.ts'

/** One scan of one table, by one node of a plan. */
export interface Scan {
  table: string
  /** `Index Scan`, `Bitmap Heap Scan`, `Seq Scan` … */
  kind: string
  index: string | null
  /** Whether each index has a condition, so that it isn't read from end to end. */
  isBounded: boolean
  /** Rows that were read, whether or not they passed the filter. */
  rows: number
}

interface PlanNode {
  'Node Type': string
  Schema?: string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: PlanNode[]
}

function* findScans(node: PlanNode): Generator<Scan> {
  const table = node['Relation Name']
  if (table !== undefined && node['Node Type'] !== 'ModifyTable') {
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
    const indexes = [...findIndexes(node)]
    yield {
      table: `${node.Schema}.${table}`,
      kind: node['Node Type'],
      index: indexes.map((index) => index['Index Name']).join(' + ') || null,
      isBounded: indexes.length > 0 && indexes.every((index) => index['Index Cond'] !== undefined),
      rows: Math.round((node['Actual Rows'] + removed) * node['Actual Loops']),
    }
  }
  for (const child of node.Plans ?? []) yield* findScans(child)
}

/** The node itself, or those that its bitmap is made of. */
function* findIndexes(node: PlanNode): Generator<PlanNode> {
  if (node['Index Name'] !== undefined) yield node
  if (node['Node Type'].startsWith('Bitmap')) for (const child of node.Plans ?? []) yield* findIndexes(child)
}

export interface PlanReader {
  /** What a request scans: in the query itself, in policies, and in every function that is called on the way. */
  read(query: Query, options?: { plans: 'custom' | 'generic' }): Promise<Scan[]>
  close(): Promise<void>
}

/** Has `auto_explain` note the plans of all statements, however deep. */
export async function openPlanReader(dbUrl: string): Promise<PlanReader> {
  let notes: string[] = []
  const sql = connectAsSuperuser(dbUrl, (message) => notes.push(message))
  await sql.unsafe(`
    load 'auto_explain';
    set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on;
    set auto_explain.log_analyze = on;
    set auto_explain.log_timing = off;
    set auto_explain.log_verbose = on;
    set auto_explain.log_format = json;
    set auto_explain.log_level = notice;
  `)
  return {
    read: ({ caller, prepare }, { plans } = { plans: 'custom' }) =>
      asRequest(sql, caller, async (transaction) => {
        await transaction.unsafe(`set local plan_cache_mode = force_${plans}_plan`)
        const { text, values } = await prepare(transaction)
        notes = []
        await transaction.unsafe(text, values)
        // A statement with parameters is explained when the next one takes its place.
        await transaction.unsafe('select')
        return notes
          .filter((note) => note.startsWith('duration:'))
          .flatMap((note) => [...findScans((JSON.parse(note.slice(note.indexOf('{'))) as { Plan: PlanNode }).Plan)])
      }),
    close: () => sql.end(),
  }
}

/** Tables with so many rows, by what `analyze` counted. */
export async function listLargeTables(sql: postgres.Sql, rows: number): Promise<ReadonlySet<string>> {
  const tables = await sql<{ name: string }[]>`
    select n.nspname || '.' || c.relname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and c.reltuples >= ${rows}
  `
  return new Set(tables.map(({ name }) => name))
}

/**
 * Whether it reads a large table without an index condition. An index that is read from one end is fine where few
 * rows are enough, or where it has only few.
 */
export const isScanOfLargeTable = ({ table, kind, isBounded, rows }: Scan, large: ReadonlySet<string>): boolean =>
  large.has(table) && (kind === 'Seq Scan' || (!isBounded && rows > 100))
