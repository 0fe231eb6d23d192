import type postgres from 'postgres'

/** Rows in which one of these texts stands, whatever their table: the table, and the row's beginning. */
export async function rowsWith(
  sql: postgres.Sql,
  marks: readonly string[],
  schemas: readonly string[],
): Promise<string[]> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any (${[...schemas]})
  `
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await sql.unsafe<{ row: string }[]>(
      `select to_jsonb(t)::text as row from ${name} t
       where exists (select from unnest($1::text[]) mark where strpos(to_jsonb(t)::text, to_json(mark)::text) > 0
         or strpos(to_jsonb(t)::text, trim(both '"' from to_json(mark)::text)) > 0)`,
      [[...marks]],
    )
    found.push(...rows.map(({ row }) => `${name}: ${row.slice(0, 200)}`))
  }
  return found
}
