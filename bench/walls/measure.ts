import type postgres from 'postgres'
import type { Query } from './queries.ts'
import { asRequest, passWalls, toSettings, type Statement } from './request.ts'

export interface Timing {
  /** Milliseconds that the database takes for the request: to plan and to run its settings and its query. */
  walls: number
  /** The same without row security. */
  bare: number
}

async function explain(sql: postgres.TransactionSql, { text, values }: Statement): Promise<number> {
  const [row] = await sql.unsafe<{ 'QUERY PLAN': { 'Planning Time': number; 'Execution Time': number }[] }[]>(
    `explain (analyze, timing off, format json) ${text}`,
    values,
  )
  const [plan] = row!['QUERY PLAN']
  return plan!['Planning Time'] + plan!['Execution Time']
}

const time = (sql: postgres.Sql, query: Query, isBare: boolean): Promise<number> =>
  asRequest(sql, query.caller, async (transaction) => {
    let statement: Statement = await query.prepare(transaction)
    // Once more, with the same effect.
    const settings = await explain(transaction, toSettings(query.caller))
    if (isBare) {
      statement = query.bare ?? statement
      await passWalls(transaction)
    }
    return settings + (await explain(transaction, statement))
  })

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** Medians over the same query of several callers, by turns, so that a machine that slows down slows down both. */
export async function measure(sql: postgres.Sql, queries: Query[], rounds: number): Promise<Timing> {
  const times: { walls: number[]; bare: number[] } = { walls: [], bare: [] }
  // What a connection reads once (the catalogue, the bodies of functions) is no part of it.
  for (const query of queries.slice(0, 3)) for (const isBare of [false, true]) await time(sql, query, isBare)
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      times.bare.push(await time(sql, query, true))
      times.walls.push(await time(sql, query, false))
    }
  }
  return { walls: median(times.walls), bare: median(times.bare) }
}
