import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { PortBusyError, startStack, type Stack, type StackInfo } from '../src/index.ts'
import { ROOT } from '../src/supabase_cli.ts'
import { migrationsHash } from '../src/template.ts'

const run = promisify(execFile)
const CLI = join(import.meta.dirname, '..', 'src', 'cli.ts')
const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function makeDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'loacl-lifecycle-'))
  cleanUps.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

async function start(options: Parameters<typeof startStack>[0] = {}): Promise<Stack> {
  const stack = await startStack(options)
  cleanUps.push(() => stack.stop())
  return stack
}

async function query<T>(dbUrl: string, text: string): Promise<T[]> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} })
  try {
    return await sql.unsafe<T[]>(text)
  } finally {
    await sql.end()
  }
}

/** Programs that still run with this text in their command line. */
const running = async (text: string): Promise<string[]> => {
  const { stdout } = await run('ps', ['-eo', 'args'])
  return stdout.split('\n').filter((line) => line.includes(text) && !line.startsWith('ps '))
}

async function dataDirectory({ dbUrl }: Pick<StackInfo, 'dbUrl'>): Promise<string> {
  const [row] = await query<{ dir: string }>(dbUrl, "select current_setting('data_directory') as dir")
  return row!.dir
}

/** Has PostgreSQL write a line, then crash. */
async function crashPostgres(info: Pick<StackInfo, 'dbUrl'>, lastWords: string): Promise<void> {
  const [pid] = readFileSync(join(await dataDirectory(info), 'postmaster.pid'), 'utf8').split('\n')
  await query(info.dbUrl, `do $$ begin raise log '${lastWords}'; end $$`)
  process.kill(Number(pid), 'SIGKILL')
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,ppid'])
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return rows.flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []))
}

const open = (info: StackInfo): Promise<Response> =>
  fetch(`${info.apiUrl}/rest/v1/rpc/open_session`, {
    method: 'POST',
    headers: {
      apikey: info.publishableKey,
      'content-profile': 'loacl',
      'content-type': 'application/json',
      'x-loacl-session': 'A'.repeat(43),
    },
    body: JSON.stringify({ assistant_id: info.assistantId }),
  })

describe('startStack', { timeout: 60_000 }, () => {
  it('runs several at once, each with data and keys of its own', async () => {
    const [one, two] = await Promise.all([start(), start()])
    expect((await open(one)).status).toBe(200)
    expect((await open(two)).status).toBe(200)
    expect((await open({ ...one, publishableKey: two.publishableKey })).status).toBe(401)
    await query(one.dbUrl, 'create table public.mine ()')
    await expect(query(two.dbUrl, 'select from public.mine')).rejects.toMatchObject({ code: '42P01' })
  })

  it('keeps data and keys from one start to the next, and begins anew when told to', async () => {
    const dataDir = makeDataDir()
    const first = await start({ dataDir })
    await query(first.dbUrl, 'create table public.kept ()')
    await first.stop()

    const second = await start({ dataDir })
    expect(second).toMatchObject({ publishableKey: first.publishableKey, assistantId: first.assistantId })
    expect(await query(second.dbUrl, 'select from public.kept')).toEqual([])
    expect((await open(second)).status).toBe(200)
    await second.stop()

    const third = await start({ dataDir, reset: true })
    expect(third.publishableKey).not.toBe(first.publishableKey)
    await expect(query(third.dbUrl, 'select from public.kept')).rejects.toMatchObject({ code: '42P01' })
  })

  it('writes its addresses and keys where programs find them, and nobody else', async () => {
    const dataDir = makeDataDir()
    const stack = await start({ dataDir })
    const file = join(dataDir, 'stack.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(stack.info)
    for (const name of ['stack.json', 'keys.json']) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0)
  })

  it('leaves neither process nor folder behind', async () => {
    const stack = await start()
    const dir = await dataDirectory(stack)
    expect(await running(dir)).not.toEqual([])
    await stack.stop()
    expect(await running(dir)).toEqual([])
    expect(existsSync(dir)).toBe(false)
    for (const url of [stack.apiUrl, stack.siteUrl, stack.widgetUrl, stack.modelUrl])
      await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  it('refuses a port that was asked for and is taken, and stops what it had started', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    cleanUps.push(() => other.close())
    const { port } = other.address() as { port: number }
    const dataDir = makeDataDir()
    await expect(startStack({ dataDir, ports: { db: port } })).rejects.toThrow(new PortBusyError('PostgreSQL', port))
    expect(await running(dataDir)).toEqual([])
  })

  it('names a taken port and takes the next one where any will do', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    cleanUps.push(() => other.close())
    const { port } = other.address() as { port: number }
    const lines: string[] = []
    const stack = await start({ ports: { site: { near: port } }, log: (line) => lines.push(line) })
    expect(lines).toContain(`Port ${port} (demo site) is in use, trying the next one.`)
    expect(Number(new URL(stack.siteUrl).port)).toBeGreaterThan(port)
  })

  it('refuses a second start on the same data', async () => {
    const dataDir = makeDataDir()
    await start({ dataDir })
    await expect(startStack({ dataDir })).rejects.toThrow('LOACL already runs with this data')
  })

  it('starts once where two first starts come at the same time, and says so to the other', async () => {
    const dataDir = makeDataDir()
    const [one, two] = await Promise.allSettled([start({ dataDir }), start({ dataDir })])
    const lost = one.status === 'rejected' ? one : two
    expect([one.status, two.status].toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(lost).toMatchObject({
      reason: { message: expect.stringMatching(/LOACL (starts|already runs) with this data/) },
    })
    expect(readdirSync(dataDir).join()).not.toContain('.part')
  })

  describe('told to begin anew', () => {
    it('leaves other files in its folder alone', async () => {
      const dataDir = makeDataDir()
      await (await start({ dataDir })).stop()
      writeFileSync(join(dataDir, 'notes.txt'), 'mine')
      await start({ dataDir, reset: true })
      expect(readFileSync(join(dataDir, 'notes.txt'), 'utf8')).toBe('mine')
    })

    it.each([
      ['files', 'notes.txt', 'mine'],
      ['keys of another kind', 'keys.json', '{"mine": true}'],
      ['a database', join('postgres', 'PG_VERSION'), '17'],
    ])('refuses a folder that has %s and was not made by LOACL', async (_what, name, text) => {
      const dataDir = makeDataDir()
      mkdirSync(join(dataDir, 'postgres'))
      writeFileSync(join(dataDir, name), text)
      await expect(start({ dataDir, reset: true })).rejects.toThrow('was not made by LOACL; nothing was removed')
      await expect(start({ dataDir })).rejects.toThrow('was not made by LOACL')
      expect(readFileSync(join(dataDir, name), 'utf8')).toBe(text)
      expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    })

    it('refuses while a stack runs on that data, which goes on', async () => {
      const dataDir = makeDataDir()
      const stack = await start({ dataDir })
      await query(stack.dbUrl, 'create table public.kept ()')
      await expect(start({ dataDir, reset: true })).rejects.toThrow('LOACL already runs with this data')
      expect(await query(stack.dbUrl, 'select from public.kept')).toEqual([])
      expect((await open(stack)).status).toBe(200)
      expect(existsSync(join(dataDir, 'keys.json'))).toBe(true)
    })

    it('removes nothing where a port that was asked for is taken', async () => {
      const dataDir = makeDataDir()
      const first = await start({ dataDir })
      await first.stop()
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      cleanUps.push(() => other.close())
      const { port } = other.address() as { port: number }
      await expect(start({ dataDir, reset: true, ports: { api: port } })).rejects.toThrow(PortBusyError)
      await expect(start({ dataDir, reset: true, ports: { db: port } })).rejects.toThrow(PortBusyError)
      expect((await start({ dataDir })).publishableKey).toBe(first.publishableKey)
    })
  })

  it('says which part crashed, how, and its last lines', async () => {
    const stack = await start()
    await crashPostgres(stack, 'It gets dark.')
    const crash = await stack.crashed
    expect(crash.part).toBe('PostgreSQL')
    expect(crash.message).toMatch(/^PostgreSQL was ended by SIGKILL\. Its last lines:\n {2}.*It gets dark\./s)
  })

  it('says 503 while PostgreSQL is stopped, and works again after', async () => {
    const stack = await start()
    await stack.stopDatabase()
    const down = await open(stack)
    expect(down.status).toBe(503)
    expect(await down.json()).toMatchObject({ code: 'PGRST000' })
    expect(down.headers.get('access-control-allow-origin')).toBe('*')
    await stack.startDatabase()
    expect((await open(stack)).status).toBe(200)
  })

  it('outlives a PostgreSQL that stops and starts under load', async () => {
    const stack = await start()
    const leaving = new AbortController()
    const seen = new Set<number>()
    const visitors = Array.from({ length: 12 }, async () => {
      while (!leaving.signal.aborted) seen.add((await open(stack)).status)
    })
    for (let times = 0; times < 2; times++) {
      await expect.poll(() => seen).toContain(200)
      await stack.stopDatabase()
      await expect.poll(() => seen).toContain(503)
      await stack.startDatabase()
      seen.clear()
    }
    await expect.poll(() => seen).toContain(200)
    leaving.abort()
    await Promise.all(visitors)
    expect((await open(stack)).status).toBe(200)
  })
})

/** The CLI on data of its own, up. The database's types are said to be fresh: they are the repository's. */
async function startCli(dataDir: string, stdio: 'ignore' | 'ipc' = 'ignore') {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'types.sha256'), migrationsHash(ROOT))
  const child = spawn(process.execPath, [CLI], {
    stdio: ['ignore', 'pipe', 'pipe', stdio],
    env: { ...process.env, LOACL_DATA_DIR: dataDir, OPENAI_API_KEY: '', OPENAI_BASE_URL: '' },
  })
  cleanUps.push(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data: Buffer) => (output += data.toString()))
  const exited = once(child, 'exit')
  await expect.poll(() => output, { timeout: 30_000 }).toContain('LOACL is up after')
  return {
    child,
    exited,
    output: () => output,
    info: JSON.parse(readFileSync(join(dataDir, 'stack.json'), 'utf8')) as StackInfo,
  }
}

describe('npm start', { timeout: 60_000 }, () => {
  it('shows its steps and links, serves the demo page, and stops it all on Ctrl-C', async () => {
    const dataDir = makeDataDir()
    const { child, exited, output, info } = await startCli(dataDir)
    expect(output()).toMatch(/✓ PostgreSQL \(\d+\.\d s\)/)
    expect(output()).toContain(info.siteUrl)
    const page = await (await fetch(info.siteUrl)).text()
    expect(page).toContain(`data-assistant="${info.assistantId}"`)
    expect(page).toContain('answered by a <strong>stand-in</strong>')

    // Once by the terminal, and once more through npm.
    child.kill('SIGINT')
    child.kill('SIGINT')
    expect(await exited).toEqual([0, null])
    expect(output()).toContain('Stopped.')
    expect(await running(dataDir)).toEqual([])
  })

  it('leaves nothing behind when it is killed, and starts again on the same data', async () => {
    const dataDir = makeDataDir()
    const first = await startCli(dataDir)
    await query(first.info.dbUrl, 'create table public.kept ()')
    first.child.kill('SIGKILL')
    await expect.poll(() => running(dataDir), { timeout: 15_000 }).toEqual([])

    const second = await startCli(dataDir)
    expect(await query(second.info.dbUrl, 'select from public.kept')).toEqual([])
    second.child.kill('SIGTERM')
    expect(await second.exited).toEqual([0, null])
  })

  it('stops when the script that started it has gone', async () => {
    const dataDir = makeDataDir()
    const { child, exited } = await startCli(dataDir, 'ipc')
    child.disconnect()
    expect(await exited).toEqual([0, null])
    expect(await running(dataDir)).toEqual([])
  })

  it('says what crashed with its last lines, stops the rest and fails', async () => {
    const { child, exited, output, info } = await startCli(makeDataDir())
    const children = await childrenOf(child.pid!)
    expect(children.length).toBeGreaterThan(1)
    await crashPostgres(info, 'It gets dark.')
    expect(await exited).toEqual([1, null])
    expect(output()).toMatch(
      /\nPostgreSQL was ended by SIGKILL\. Its last lines:\n {2}.*It gets dark\..*\nStopping the rest…\nStopped\.\n$/s,
    )
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    for (const url of [info.apiUrl, info.siteUrl, info.widgetUrl])
      await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  it('does not mind the lock of a machine that lost power', async () => {
    const dataDir = makeDataDir()
    const stack = await start({ dataDir })
    const lock = join(await dataDirectory(stack), 'postmaster.pid')
    const text = readFileSync(lock, 'utf8')
    await stack.stop()
    // Its process number now belongs to another program: this one.
    writeFileSync(lock, text.replace(/^\d+/, String(process.pid)))
    expect((await open(await start({ dataDir }))).status).toBe(200)
  })

  it('explains a wrong port and an unknown flag in a line', async () => {
    for (const [flag, words] of [
      ['--site-port=99999', '"99999" is no port.'],
      ['--nonsense', "Unknown option '--nonsense'"],
    ] as const) {
      const failed = run(process.execPath, [CLI, flag])
      await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(words) })
    }
  })
})
