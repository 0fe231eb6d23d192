import { existsSync, readFileSync } from 'node:fs'
import postgres from 'postgres'
import { afterAll, expect, it } from 'vitest'
import { workerStack } from '../../../packages/local/test/worker_stack.ts'
import { readExpectations, VERBS, type CallerName, type Verb } from './expectations.ts'

const sql = postgres(workerStack().dbUrl, { max: 1, onnotice: () => {} })
afterAll(() => sql.end())

const root = new URL('../../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

it('every claim of docs/security.md names tests, and those exist', () => {
  const text = read('docs/security.md')
  const claims = text
    .split(/^## /m)
    .filter((section) => /^It can('t)?:$/m.test(section))
    .flatMap((section) => section.split(/^- /m).slice(1))
  expect(claims.length).toBeGreaterThan(30)
  const missing = claims.flatMap((claim) => {
    const named = [...claim.matchAll(/\[[\w.]+\]\(\.\.\/([^)]+)\): ((?:“[^”]+”(?:, )?)+)/g)]
    if (named.length === 0) return [`no test: ${claim}`]
    return named.flatMap(([, path = '', titles = '']) => {
      if (!existsSync(new URL(path, root))) return [path]
      const source = read(path)
      return [...titles.matchAll(/“([^”]+)”/g)]
        .map(([, title = '']) => title)
        .filter((title) => !["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`)))
        .map((title) => `${path}: ${title}`)
    })
  })
  expect(missing).toEqual([])
})

it('docs/security.md asks after each that could be stolen, and each that could be malicious', () => {
  const sections = read('docs/security.md').split(/^## /m)
  for (const name of [
    'A publishable key',
    'A session token',
    'A dump of the database',
    'Write access to the database',
    'A function secret',
    'A malicious visitor',
    'A malicious page',
    'A malicious owner',
    'A neighbour tenant',
  ]) {
    const section = sections.find((one) => one.startsWith(`${name}\n`)) ?? ''
    expect([name, /^It can't:$/m.test(section)]).toEqual([name, true])
  }
})

const model = read('docs/data-model.md')
const [diagram = ''] = /```mermaid[^]*?```/.exec(model) ?? []

it('every table has its line in docs/data-model.md, and its place in the diagram', () => {
  const lines = model.split('\n').filter((line) => line.startsWith('| `'))
  const named = lines.flatMap((line) =>
    [...line.split('|')[1]!.matchAll(/`(?:loacl_private\.)?(\w+)`/g)].map(([, name]) => name),
  )
  const tables = [...readExpectations().tables.keys()].map((name) => name.replace('loacl_private.', ''))
  expect(tables.filter((name) => !named.includes(name))).toEqual([])
  expect(tables.filter((name) => !new RegExp(`\\b${name}\\b`).test(diagram))).toEqual([])
})

/** The verbs that a cell of its table grants. */
const said = (cell: string): Verb[] =>
  VERBS.filter((verb) => cell.includes('own: all') || new RegExp(`\\b${verb}\\b`).test(cell))

it('what it says of visitors and operators is what is expected of them', () => {
  const { tables } = readExpectations()
  const rows = model.split('\n').filter((line) => /^\| `.*\|.*\|.*\|.*\|$/.test(line))
  const wrong = rows.flatMap((row) => {
    const [, names = '', , visitor = '', operator = ''] = row.split('|')
    return [...names.matchAll(/`(?:loacl_private\.)?(\w+)`/g)].flatMap(([, name = '']) => {
      const table = tables.get(name) ?? tables.get(`loacl_private.${name}`)
      if (!table) return [`${name} is no table`]
      const expected = (caller: CallerName) => VERBS.filter((verb) => table.scopes[caller][verb]?.startsWith('own'))
      return (
        [
          ['visitor A', visitor],
          ['operator', operator],
        ] as const
      )
        .filter(([caller, cell]) => JSON.stringify(said(cell)) !== JSON.stringify(expected(caller)))
        .map(([caller, cell]) => `${name}: ${caller}: ${cell}`)
    })
  })
  expect(rows.length).toBeGreaterThan(25)
  expect(wrong).toEqual([])
})

it('its diagram draws foreign keys, one to many or one to one as they are', async () => {
  const keys = await sql<{ parent: string; child: string; single: boolean }[]>`
    select p.relname as parent, c.relname as child, bool_or(exists (
        select from pg_index i
        where i.indrelid = f.conrelid and i.indisunique and i.indpred is null and i.indkey::int2[] <@ f.conkey
      )) as single
    from pg_constraint f join pg_class p on p.oid = f.confrelid join pg_class c on c.oid = f.conrelid
    where f.contype = 'f' and f.connamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace)
    group by 1, 2
  `
  const drawn = [...diagram.matchAll(/^ {2}(\w+) \|\|--o([|{]) (\w+) :/gm)]
  expect(drawn.length).toBeGreaterThan(40)
  const wrong = drawn
    // A salt is no parent: it says which keys can still be told.
    .filter(([, parent]) => parent !== 'rate_salts')
    .filter(([, parent, end, child]) => {
      const key = keys.find((one) => one.parent === parent && one.child === child)
      return !key || key.single !== (end === '|')
    })
  expect(wrong.map(([line]) => line)).toEqual([])
  const linked = new Set(drawn.flatMap(([, parent, , child]) => [parent, child]))
  const loose = [...readExpectations().tables.keys()].map((name) => name.replace('loacl_private.', ''))
  expect(loose.filter((name) => !linked.has(name))).toEqual(['deletion_queue', 'kept_stops', 'replaced_session_tokens'])
})

it('its columns are there, and of that type', async () => {
  const columns = await sql<{ name: string; type: string }[]>`
    select c.relname || '.' || a.attname as name, format_type(a.atttypid, null) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace in ('loacl'::regnamespace, 'loacl_private'::regnamespace) and c.relkind = 'r' and a.attnum > 0
  `
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const long: Record<string, string> = {
    int: 'integer',
    timestamptz: 'timestamp with time zone',
    text_array: 'text[]',
  }
  const drawn = [...diagram.matchAll(/^ {2}(\w+) \{ (.*) \}$/gm)].flatMap(([, table, list = '']) =>
    [...list.replaceAll(/"[^"]*"/g, '').matchAll(/(\w+) (\w+)/g)].map(([, type = '', column]) => ({
      name: `${table}.${column}`,
      type: long[type] ?? type,
    })),
  )
  expect(drawn.length).toBeGreaterThan(60)
  expect(drawn.filter(({ name, type }) => !name.startsWith('users.') && types.get(name) !== type)).toEqual([])
})

it('every exposed function has its line there', () => {
  const names = [...readExpectations().functions.keys()].map((signature) => signature.replace(/\(.*/, ''))
  expect(names.filter((name) => !model.includes(`\`${name}\``))).toEqual([])
})
