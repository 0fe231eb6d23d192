import { readFileSync } from 'node:fs'

/** Who asks. The first eight are visitors, or could be. */
export const CALLERS = [
  'no token',
  'expired session',
  'visitor A',
  'visitor B',
  "A's other session",
  'identified visitor',
  'Supabase-signed-in visitor',
  'signed-in stranger',
  'operator',
  'other operator',
  'service_role',
] as const
export type CallerName = (typeof CALLERS)[number]

export const VERBS = ['select', 'insert', 'update', 'delete'] as const
export type Verb = (typeof VERBS)[number]
export type Role = 'anon' | 'authenticated' | 'service_role'

/** `none`: let in, and finds nothing. A verb that is missing is refused. */
export type Scope = 'none' | 'own' | 'own and shared' | 'all'

interface Table {
  columns: readonly string[]
  /** What each caller may do. */
  scopes: Readonly<Record<CallerName, Partial<Record<Verb, Scope>>>>
  /** The columns that a role may write. */
  writes: Readonly<Record<Role, Readonly<Record<'insert' | 'update', readonly string[]>>>>
  /** Which of a visitor's own rows are kept from them: a condition in SQL. */
  hidden: string
}

export interface Expectations {
  tables: ReadonlyMap<string, Table>
  /** By signature: which roles may call it. */
  functions: ReadonlyMap<string, readonly Role[]>
  /** By name: which roles may run it, through what is exposed. */
  definers: ReadonlyMap<string, readonly Role[]>
}

/** The columns of the table "Who may do what", and whom each stands for. */
const GROUPS: Readonly<Record<string, readonly CallerName[]>> = {
  'No token, expired session': ['no token', 'expired session'],
  Visitor: ['visitor A', 'visitor B', "A's other session", 'identified visitor'],
  'Signed-in visitor': ['Supabase-signed-in visitor'],
  'Signed-in stranger': ['signed-in stranger'],
  Operator: ['operator', 'other operator'],
  service_role: ['service_role'],
}
const ROLES: Readonly<Record<string, readonly Role[]>> = {
  visitors: ['anon', 'authenticated'],
  operators: ['authenticated'],
  functions: ['service_role'],
  nobody: [],
}

/** Reads `expectations.md`. */
export function readExpectations(): Expectations {
  const text = readFileSync(new URL('expectations.md', import.meta.url), 'utf8')
  const [may, columns, functions, definers] = ['Who may do what', 'Columns', 'Functions', 'Definer functions'].map(
    (title) => readTable(text, title),
  ) as [Row[], Row[], Row[], Row[]]
  return {
    tables: new Map(
      columns.map((row) => {
        const name = unquote(row['Table']!)
        const line = may.find((other) => unquote(other['Table']!) === name)
        if (!line) throw new Error(`${name} has columns in expectations.md and no line that says who may do what.`)
        const all = names(row['Columns']!)
        return [
          name,
          {
            columns: all,
            scopes: readScopes(line),
            writes: {
              anon: readWrites(row['anon writes']!, all),
              authenticated: readWrites(row['authenticated writes']!, all),
              service_role: readWrites(line['service_role'] === 'all' ? 'all' : '', all),
            },
            hidden: unquote(row['Kept from its visitor']!) || 'false',
          },
        ]
      }),
    ),
    functions: readRoles(functions),
    definers: readRoles(definers),
  }
}

type Row = Record<string, string>

function readTable(text: string, title: string): Row[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? ''
  const [head, , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  if (!head || rows.length === 0) throw new Error(`expectations.md has no table "${title}".`)
  const heads = head.map(unquoteAll)
  return rows.map((cells) => Object.fromEntries(heads.map((name, place) => [name, cells[place] ?? ''])))
}

const unquote = (cell: string): string => cell.replace(/^`(.*)`$/, '$1').replace(/^–$/, '')
const unquoteAll = (cell: string): string => cell.replaceAll('`', '')
const names = (cell: string): string[] => unquoteAll(cell).split(/\s+/).filter(Boolean)

function readScopes(line: Row): Table['scopes'] {
  const entries = Object.entries(GROUPS).flatMap(([head, callers]) => {
    const cell = line[head]!
    const scopes: Partial<Record<Verb, Scope>> = {}
    if (cell === 'all') for (const verb of VERBS) scopes[verb] = 'all'
    else
      for (const part of cell === '–' ? [] : cell.split(', ')) {
        const [, verb, scope] = /^(select|insert|update|delete) (none|own|own and shared|all)$/.exec(part) ?? []
        if (!verb) throw new Error(`"${part}" in expectations.md is no verb and scope.`)
        scopes[verb as Verb] = scope as Scope
      }
    return callers.map((caller) => [caller, scopes] as const)
  })
  return Object.fromEntries(entries) as Table['scopes']
}

function readWrites(cell: string, all: readonly string[]): Record<'insert' | 'update', readonly string[]> {
  if (cell === 'all') return { insert: all, update: all }
  const parts = new Map(
    unquote(cell)
      .split('; ')
      .map((part) => part.split(': ') as [string, string]),
  )
  return { insert: names(parts.get('insert') ?? ''), update: names(parts.get('update') ?? '') }
}

const readRoles = (rows: Row[]): Map<string, readonly Role[]> =>
  new Map(
    rows.map((row) => {
      const roles = row['May call it']!.split(', ').flatMap((word) => {
        const known = ROLES[word]
        if (!known) throw new Error(`"${word}" in expectations.md is nobody.`)
        return known
      })
      return [unquote(row['Function']!), [...new Set(roles)].toSorted()]
    }),
  )
