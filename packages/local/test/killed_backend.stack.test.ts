import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startStack, type Stack } from '../src/index.ts'
import { APPLICATION_NAME, clusterUrl } from '../src/postgres.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack?.stop())

/** The Data API's status, and its code where it has one. */
async function ask(): Promise<string> {
  const response = await fetch(`${stack.apiUrl}/rest/v1/rpc/open_session`, {
    method: 'POST',
    headers: { apikey: stack.publishableKey, 'content-profile': 'loacl', 'content-type': 'application/json' },
    body: JSON.stringify({ assistant_id: stack.assistantId }),
    signal: AbortSignal.timeout(10_000),
  })
  return `${response.status} ${((await response.json()) as { code: string }).code}`
}

it('one of PostgreSQL’s processes that is ended costs the requests under way, and the stack comes back', async () => {
  for (let round = 0; round < 8; round++) {
    const sql = postgres(clusterUrl('supabase_admin', new URL(stack.dbUrl).port), { max: 1 })
    const [row] = await sql<[{ pid: number }]>`
      select pid from pg_stat_activity where application_name = ${APPLICATION_NAME} limit 1
    `
    const flood = Array.from({ length: 20 }, () => ask())
    process.kill(row.pid, 'SIGKILL')
    await sql.end({ timeout: 0 })
    for (const answer of await Promise.all(flood)) expect(['401 PT401', '503 PGRST000']).toContain(answer)
    await expect.poll(ask, { timeout: 20_000 }).toBe('401 PT401')
  }
}, 120_000)
