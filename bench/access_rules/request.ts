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

/** What the Data API sends before the query itself: whose request it is. */
export function toSettings({ role, headers, claims }: Caller): Statement {
  const settings = {
    search_path: 'loacl, public, extensions',
    role,
    'request.jwt.claims': JSON.stringify({ role, ...claims }),
    'request.method': 'POST',
    'request.path': '/rpc',
    'request.headers': JSON.stringify(headers),
    'request.cookies': '{}',
  }
  return {
    text: `select ${Object.keys(settings).map((name, n) => `set_config('${name}', $${n + 1}, true)`)}`,
    values: Object.values(settings),
  }
}

/** Works in a transaction that knows of the request, and takes back what it wrote. */
export async function asRequest<T>(
  sql: postgres.Sql,
  caller: Caller,
  work: (sql: postgres.TransactionSql) => Promise<T>,
): Promise<T> {
  const takenBack = new Error('Taken back.')
  let result: { value: T } | undefined
  try {
    await sql.begin(async (transaction) => {
      const { text, values } = toSettings(caller)
      await transaction.unsafe(text, values)
      result = { value: await work(transaction) }
      throw takenBack
    })
  } catch (error) {
    if (error !== takenBack) throw error
  }
  return result!.value
}

/** Makes the transaction that of the tables' owner, to whom no policy applies. */
export const bypassRowSecurity = (sql: postgres.TransactionSql): Promise<unknown> =>
  sql.unsafe('set local role postgres')
