import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { createWorld } from '../support/world.ts'
import sourceColumns from './source_columns.json' with { type: 'json' }

const page = readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8')
const world = createWorld(workerStack())
const columns = new Map<string, string>()
/** By table: the columns that a row can't do without, and that nothing fills in. */
const required = new Map<string, string[]>()

beforeAll(async () => {
  const needed = await world.sql<{ table: string; names: string[] }[]>`
    select n.nspname || '.' || c.relname as table, array_agg(n.nspname || '.' || c.relname || '.' || a.attname order by a.attnum) as names
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where n.nspname in ('loacl', 'loacl_private') and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      -- Who imports is signed in as nobody.
      and a.attnotnull and coalesce(pg_get_expr(d.adbin, d.adrelid) = 'auth.uid()', true) and a.attidentity = ''
      and not exists (
        select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
        where t.tgrelid = c.oid and (
          (p.proname = 'set_place_from_message' and a.attname in ('thread_id', 'session_id', 'assistant_id'))
          or (p.proname = 'set_assistant_from_thread' and a.attname = 'assistant_id')
        )
      )
    group by 1
  `
  for (const { table, names } of needed) required.set(table, names)
  const rows = await world.sql<{ name: string; type: string }[]>`
    select format('%s.%s.%s', n.nspname, c.relname, a.attname) as name, format_type(a.atttypid, null) as type
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('loacl', 'loacl_private', 'auth') and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
  `
  for (const { name, type } of rows) columns.set(name, type)
})
afterAll(() => world.close())

/** The page's rows: system → table → [their column, what becomes of it]. */
function readPage(): Record<string, Record<string, [string, string][]>> {
  const systems: Record<string, Record<string, [string, string][]>> = {}
  for (const section of page.split(/^## /m).slice(1)) {
    const name = section.slice(0, section.indexOf('\n'))
    const tables = section.split(/^### /m).slice(1)
    if (tables.length === 0) continue
    systems[name] = Object.fromEntries(
      tables.map((table) => [
        table.slice(0, table.indexOf('\n')),
        [...table.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map((row): [string, string] => [row[1]!, row[2]!]),
      ]),
    )
  }
  return systems
}

const systems = readPage()
const mapped = Object.entries(systems).flatMap(([system, tables]) =>
  Object.entries(tables).flatMap(([table, rows]) =>
    rows.map(([column, ours]) => ({ name: `${system}: ${table}.${column}`, ours })),
  ),
)
const namesIn = (text: string): string[] =>
  [...text.matchAll(/`((?:loacl|loacl_private|auth)\.[^`]*)`/g)].map((match) => match[1]!)

describe('docs/migrating.md', () => {
  it('has a row for each column of the systems, and for nothing else', () => {
    const listed = Object.fromEntries(
      Object.entries(systems).map(([system, tables]) => [
        system,
        Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.map(([column]) => column)])),
      ]),
    )
    expect(listed).toEqual(sourceColumns)
  })

  it('says of each where it goes, or why it is not kept', () => {
    const vague = mapped.filter(
      ({ ours }) => !/^Not kept, because .{10}/.test(ours) && !namesIn(ours).some((name) => columns.has(name)),
    )
    expect(vague).toEqual([])
  })

  it('names only columns that exist', () => {
    const names = namesIn(page).filter((name) => name.split('.').length === 3)
    expect(names.length).toBeGreaterThan(200)
    expect(names.filter((name) => !columns.has(name))).toEqual([])
    const tables = new Set([...columns.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))))
    const others = namesIn(page).filter((name) => name.split('.').length === 2)
    expect(others.filter((name) => !tables.has(name))).toEqual([])
  })

  it('says where each column comes from that a row can’t do without', () => {
    const all = page.split(/^## /m)
    const sections = all.filter((section) => section.includes('\n### '))
    const general = all.filter((section) => !sections.includes(section)).join('')
    const missing = sections.flatMap((section) => {
      const named = new Set(namesIn(general + section))
      const filled = new Set(namesIn(section).map((name) => name.split('.').slice(0, 2).join('.')))
      return (
        [...filled]
          // The functions make these, when a key is entered.
          .filter((table) => !['loacl_private.secrets', 'loacl.provider_configs'].includes(table))
          .filter((table) => required.has(table))
          .flatMap((table) => required.get(table)!)
          .filter((name) => !named.has(name))
          .map((name) => `${section.slice(0, section.indexOf('\n'))}: ${name}`)
      )
    })
    expect(sections).toHaveLength(5)
    expect(missing).toEqual([])
  })

  it('puts members only into columns that hold objects', () => {
    const members = [...page.matchAll(/`([\w.]+)` under `/g)].map((match) => match[1]!)
    expect(members.length).toBeGreaterThan(3)
    expect(members.filter((name) => columns.get(name) !== 'jsonb')).toEqual([])
  })
})
