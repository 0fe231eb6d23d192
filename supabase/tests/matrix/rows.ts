import type postgres from 'postgres'
import type { Expectations, Scope } from './expectations.ts'
import type { MatrixCaller, MatrixWorld } from './matrix_world.ts'

export interface WorldRow {
  /** Its primary key, as text that rows are compared by. */
  key: string
  json: Record<string, unknown>
  sessionId: string | null
  /** null: nobody's, shared. */
  ownerId: string | null
  hidden: boolean
}

/** What the catalog says of a table. */
export interface CatalogTable {
  columns: readonly string[]
  primaryKey: readonly string[]
  /** Columns that the database alone writes. */
  generated: readonly string[]
}

/** The tables of both schemas, those of `loacl` by their bare name; what hangs on another comes before it. */
export async function readCatalog(sql: postgres.Sql): Promise<Map<string, CatalogTable>> {
  const tables = await sql<({ oid: number; name: string } & CatalogTable)[]>`
    select c.oid::int, case n.nspname when 'loacl' then c.relname else n.nspname || '.' || c.relname end as name,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) as columns,
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and not a.attisdropped and (a.attgenerated <> '' or a.attidentity = 'a')
      ) as generated,
      array(
        select a.attname::text from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
        where i.indrelid = c.oid and i.indisprimary order by array_position(i.indkey, a.attnum)
      ) as "primaryKey"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('loacl', 'loacl_private') and c.relkind in ('r', 'p', 'v', 'm', 'f')
    order by 2
  `
  const links = await sql<{ from: number; to: number }[]>`
    select conrelid::int as from, confrelid::int as to from pg_constraint
    -- What a row merely chooses of others, and keeps from going, it doesn't hang on.
    where contype = 'f' and conrelid <> confrelid and confdeltype <> 'a'
  `
  const sorted = new Map<string, CatalogTable>()
  const left = new Set(tables)
  while (left.size > 0) {
    const free = [...left].filter(
      (table) => ![...left].some((other) => links.some(({ from, to }) => from === other.oid && to === table.oid)),
    )
    if (free.length === 0) throw new Error('The tables refer to each other in a circle.')
    for (const table of free) {
      sorted.set(table.name, table)
      left.delete(table)
    }
  }
  return sorted
}

/** An expression for a row's primary key, as `WorldRow.key` has it. */
export const keyOf = ({ primaryKey }: CatalogTable): string =>
  `pg_catalog.concat_ws('/', ${primaryKey.map((column) => `"${column}"`).join(', ')})`

/** Every row of the world, and those that are shared by all, by table; read past every policy. */
export async function readRows(
  sql: postgres.Sql,
  { tables }: Expectations,
  catalog: Map<string, CatalogTable>,
  world: MatrixWorld,
): Promise<Map<string, WorldRow[]>> {
  const owners = await sql<{ id: string; owner_id: string }[]>`select id, owner_id from loacl.assistants`
  const ownerOf = new Map(owners.map(({ id, owner_id }) => [id, owner_id]))
  const entries = [...catalog]
    .filter(([name]) => !name.includes('.'))
    .map(async ([name, table]) => {
      const rows = await sql.unsafe<{ key: string; hidden: boolean; json: Record<string, string | null> }[]>(
        `select ${keyOf(table)} as key, ${tables.get(name)?.hidden ?? 'false'} as hidden, to_jsonb(t) as json from loacl.${name} t`,
      )
      const found = rows
        .map(({ key, hidden, json }) => ({
          key,
          hidden,
          json,
          sessionId: (name === 'sessions' ? json['id'] : json['session_id']) ?? null,
          ownerId: json['owner_id'] ?? ownerOf.get(json['assistant_id'] ?? '') ?? null,
        }))
        .filter(({ ownerId }) => ownerId === null || world.ownerIds.includes(ownerId))
      return [name, found] as const
    })
  return new Map(await Promise.all(entries))
}

/** Whether an expected scope takes in a row. Signed-in callers share one role, so operators' policies are tried on visitors too. */
export function isWithin(scope: Scope | undefined, row: WorldRow, caller: MatrixCaller): boolean {
  if (scope === undefined || scope === 'none') return false
  if (scope === 'all') return true
  if (row.ownerId === null) return scope === 'own and shared'
  return (
    row.ownerId === caller.ownerId ||
    (row.sessionId !== null && caller.sessionIds.includes(row.sessionId) && !row.hidden)
  )
}
