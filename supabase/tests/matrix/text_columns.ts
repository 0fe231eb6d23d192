import type postgres from 'postgres'

export interface TextColumn {
  /** Of `loacl` by its bare name. */
  table: string
  column: string
  type: string
  /** A check allows a few words: nobody's text gets in. */
  isWord: boolean
  /** All columns of its table. */
  columns: readonly string[]
}

/** Every column of both schemas that holds text or JSON. */
export const readTextColumns = (sql: postgres.Sql): Promise<TextColumn[]> => sql<TextColumn[]>`
  select case n.nspname when 'loacl' then c.relname else n.nspname || '.' || c.relname end as table,
    a.attname as column, format_type(a.atttypid, null) as type,
    exists (
      select from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c'
        and pg_get_constraintdef(k.oid) ~ format('^CHECK \\(\\(%s = (ANY \\(ARRAY|''[^'']+''::text\\)\\)$)', a.attname)
    ) as "isWord",
    array(select b.attname::text from pg_attribute b where b.attrelid = c.oid and b.attnum > 0 and not b.attisdropped) as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  join pg_type y on y.oid = a.atttypid
  left join pg_type e on e.oid = y.typelem and y.typcategory = 'A'
  where n.nspname in ('loacl', 'loacl_private') and c.relkind in ('r', 'p')
    and coalesce(e.typcategory, y.typcategory) in ('S', 'U')
    and coalesce(e.typname, y.typname) not in ('uuid', 'bytea')
  order by 1, 2
`

/** Forms in which a column may take a marker. */
const formsOf = (marker: string): string[] => [
  marker,
  `https://${marker.toLowerCase()}.test`,
  `external:${marker}`,
  JSON.stringify({ [marker]: marker }),
  JSON.stringify({ [marker]: true }),
  JSON.stringify([{ type: 'function', name: marker }]),
  `{https://${marker.toLowerCase()}.test}`,
  `${marker}/id`,
  JSON.stringify({ type: 'object', description: marker }),
  JSON.stringify({ en: { title: marker } }),
  JSON.stringify({ specific_tools: { [marker]: true } }),
]

/**
 * Writes a marker into a column of the rows that `where` names by `$1` and so on; says whether some took it.
 *
 * @param others more forms to try
 */
export async function plantMarker(
  sql: postgres.Sql,
  { table, column, type }: TextColumn,
  marker: string,
  where: string,
  values: readonly postgres.ParameterOrJSON<never>[],
  others: readonly string[] = [],
): Promise<boolean> {
  const target = table.includes('.') ? table : `loacl.${table}`
  const place = `$${values.length + 1}`
  // Where each must differ, the row's place says how. Some rows may be in a state in which the column must be empty.
  const ways = ['', " || '-' || id", " || '/' || ctid::text", " || '_' || left(md5(id::text), 8)"].flatMap((suffix) =>
    ['', ` and "${column}" is not null`].map((filter) => ({ suffix, filter })),
  )
  for (const form of [...formsOf(marker), ...others])
    for (const { suffix, filter } of ways) {
      try {
        const { count } = await sql.unsafe(
          `update ${target} set "${column}" = ((${place}::text)${suffix})::${type} where ${where}${filter}`,
          [...values, form],
        )
        if (count > 0) return true
      } catch (error) {
        // A constraint or the type refuses this form: the next one is tried.
        if (!(error instanceof Error && 'code' in error)) throw error
      }
    }
  return false
}
