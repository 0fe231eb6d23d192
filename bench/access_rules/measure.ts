import type postgres from 'postgres'
import type { Query } from './queries.ts'
import { asRequest, bypassRowSecurity, toSettings, type Statement } from './request.ts'

export interface Timing {
  /** Milliseconds that the database takes for the request: to plan and to run its settings and its query. */
  secured: number
  /** The same without row security. */
  unsecured: number
}

async function explain(sql: postgres.TransactionSql, { text, values }: Statement): Promise<number> {
  const [row] = await sql.unsafe<{ 'QUERY PLAN': { 'Planning Time': number; 'Execution Time': number }[] }[]>(
    `explain (analyze, timing off, format json) ${text}`,
    values,
  )
  const [plan] = row!['QUERY PLAN']
  return plan!['Planning Time'] + plan!['Execution Time']
}

const time = (sql: postgres.Sql, query: Query, isUnsecured: boolean): Promise<number> =>
  asRequest(sql, query.caller, async (transaction) => {
    let statement: Statement = await query.prepare(transaction)
    // Once more, with the same effect.
    const settings = await explain(transaction, toSettings(query.caller))
    if (isUnsecured) {
      statement = query.unsecured ?? statement
      await bypassRowSecurity(transaction)
    }
    return settings + (await explain(transaction, statement))
  })

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** Medians over the same query of several callers, by turns, so that a machine that slows down slows down both. */
export async function measure(sql: postgres.Sql, queries: Query[], rounds: number): Promise<Timing> {
  const times: { secured: number[]; unsecured: number[] } = { secured: [], unsecured: [] }
  // What a connection reads once (the catalogue, the bodies of functions) is no part of it.
  for (const query of queries.slice(0, 3)) for (const isUnsecured of [false, true]) await time(sql, query, isUnsecured)
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      times.unsecured.push(await time(sql, query, true))
      times.secured.push(await time(sql, query, false))
    }
  }
  return { secured: median(times.secured), unsecured: median(times.unsecured) }
}
