import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createWorld } from '../support/world.ts'
import sourceColumns from './source_columns.json' with { type: 'json' }

const page = readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8')
const world = createWorld(inject('stack'))
const columns = new Map<string, string>()

beforeAll(async () => {
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

  it('puts members only into columns that hold objects', () => {
    const members = [...page.matchAll(/`([\w.]+)` under `/g)].map((match) => match[1]!)
    expect(members.length).toBeGreaterThan(3)
    expect(members.filter((name) => columns.get(name) !== 'jsonb')).toEqual([])
  })
})
