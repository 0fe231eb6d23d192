import type { Check } from './check.ts'

/** Nothing of an erased person is in any table. */
export const checkErasure: Check = async ({ visitor }) => {
  if (!visitor.hasErased) return []
  const { sql } = visitor.world
  // What was asked after the erasure is a new guest's.
  const before = visitor.traces.slice(0, -1)
  const marks = [...before.flatMap(({ ids }) => [...ids]), ...before.map(({ text }) => text), `person-${visitor.name}`]
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name
    from pg_tables
    where schemaname in ('loacl', 'loacl_private', 'auth', 'storage')
  `
  const left: string[] = []
  for (const { name } of tables) {
    const rows = await sql.unsafe<{ row: string }[]>(
      `select to_jsonb(t)::text as row from ${name} t
       where exists (select from unnest($1::text[]) mark where strpos(to_jsonb(t)::text, to_json(mark)::text) > 0
         or strpos(to_jsonb(t)::text, trim(both '"' from to_json(mark)::text)) > 0)`,
      [marks],
    )
    left.push(...rows.map(({ row }) => `${name}: ${row.slice(0, 200)}`))
  }
  return left.length > 0 ? [{ kind: 'erased-data-left', detail: left.join('\n') }] : []
}
