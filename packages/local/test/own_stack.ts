import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { onTestFinished } from 'vitest'
import { startStack, type Stack, type StackInfo } from '../src/index.ts'

export const run = promisify(execFile)

/** A folder for as long as the test runs. */
export function makeDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'loacl-lifecycle-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

/** A stack for as long as the test runs. */
export async function start(options: Parameters<typeof startStack>[0] = {}): Promise<Stack> {
  const stack = await startStack(options)
  onTestFinished(() => stack.stop())
  return stack
}

/** A port that another program listens on for as long as the test runs. */
export async function takePort(): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  return (other.address() as { port: number }).port
}

export async function query<T>(dbUrl: string, text: string): Promise<T[]> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} })
  try {
    return await sql.unsafe<T[]>(text)
  } finally {
    await sql.end()
  }
}

/** Programs that still run with this text in their command line. */
export const running = async (text: string): Promise<string[]> => {
  const { stdout } = await run('ps', ['-eo', 'args'])
  return stdout.split('\n').filter((line) => line.includes(text) && !line.startsWith('ps '))
}

export async function dataDirectory({ dbUrl }: Pick<StackInfo, 'dbUrl'>): Promise<string> {
  const [row] = await query<{ dir: string }>(dbUrl, "select current_setting('data_directory') as dir")
  return row!.dir
}

/** Has PostgreSQL write a line, then crash. */
export async function crashPostgres(info: Pick<StackInfo, 'dbUrl'>, lastWords: string): Promise<void> {
  const [pid] = readFileSync(join(await dataDirectory(info), 'postmaster.pid'), 'utf8').split('\n')
  await query(info.dbUrl, `do $$ begin raise log '${lastWords}'; end $$`)
  process.kill(Number(pid), 'SIGKILL')
}

/** A visitor's page, as it comes up. */
export const open = (info: StackInfo, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${info.apiUrl}/rest/v1/rpc/open_session`, {
    method: 'POST',
    headers: {
      apikey: info.publishableKey,
      'content-profile': 'loacl',
      'content-type': 'application/json',
      'x-loacl-session': 'A'.repeat(43),
      ...headers,
    },
    body: JSON.stringify({ assistant_id: info.assistantId }),
  })
