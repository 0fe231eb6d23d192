import type postgres from 'postgres'

/**
 * Ends the wait for a PostgreSQL that does not answer within `ms`: where something else listens on the port, postgres.js
 * would try for ever.
 *
 * @throws what kept it from answering, with `CONNECTION_DESTROYED` as its code where that was something else's silence
 */
export async function awaitAnswer(sql: postgres.Sql, ms: number): Promise<void> {
  const timer = setTimeout(() => void sql.end({ timeout: 0 }), ms)
  try {
    await sql`select`
  } finally {
    clearTimeout(timer)
  }
}
