import type postgres from 'postgres'

/** Who asks, as the Data API tells the database. */
export interface Caller {
  role: 'anon' | 'authenticated' | 'service_role'
  headers: Record<string, string>
  /** Of the access token. */
  claims: Record<string, string> | null
}

/** A query as one request sends it. */
export interface Statement {
  text: string
  values: postgres.ParameterOrJSON<never>[]
}

/** Works in a transaction that knows of the request, and takes back what it wrote. */
export async function asRequest<T>(
  sql: postgres.Sql,
  { role, headers, claims }: Caller,
  work: (sql: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const takenBack = new Error('Taken back.')
  let result: { value: T } | undefined
  try {
    await sql.begin(async (transaction) => {
      await transaction`
        select
          set_config('request.headers', ${JSON.stringify(headers)}, true),
          set_config('request.jwt.claims', ${JSON.stringify({ role, ...claims })}, true)
      `
      await transaction.unsafe(`set local role ${role}`)
      result = { value: await work(transaction) }
      throw takenBack
    })
  } catch (error) {
    if (error !== takenBack) throw error
  }
  return result!.value
}

/** As the owner of the tables, whom no policy holds back. */
export const passWalls = (sql: postgres.TransactionSql): Promise<unknown> => sql.unsafe('set local role postgres')
