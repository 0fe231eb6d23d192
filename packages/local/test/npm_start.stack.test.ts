import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type StackInfo } from '../src/index.ts'
import { migrationsHash } from '../src/migrations.ts'
import { ROOT } from '../src/supabase_cli.ts'
import { crashPostgres, dataDirectory, makeDataDir, open, query, run, running, start } from './own_stack.ts'

const CLI = join(import.meta.dirname, '..', 'src', 'cli.ts')
const SETUP = join(ROOT, 'packages', 'setup', 'src', 'cli.ts')

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,ppid'])
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  return rows.flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []))
}

/** The CLI on data of its own, up. The database's types are said to be fresh: they are the repository's. */
async function startCli(
  dataDir: string,
  stdio: 'ignore' | 'ipc' = 'ignore',
  [program, ...args]: [string, ...string[]] = [process.execPath, CLI],
) {
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'types.sha256'), migrationsHash(ROOT))
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe', stdio],
    env: { ...process.env, LOACL_DATA_DIR: dataDir, OPENAI_API_KEY: '', OPENAI_BASE_URL: '' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const streams = [child.stdout!, child.stderr!]
  for (const stream of streams) stream.on('data', (data: Buffer) => (output += data.toString()))
  // Not before all that it said has been read.
  const ended = Promise.all([once(child, 'exit'), ...streams.map((stream) => once(stream, 'end'))])
  const exited = ended.then(([exit]) => exit)
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
    expect(page).toContain('answered by a <strong>mock model</strong>')

    // What it says for pages of one's own is true.
    expect(output()).toContain(`data-url="${info.apiUrl}"
          data-key="${info.publishableKey}"
          data-assistant="${info.assistantId}"></script>`)
    for (const origin of ['http://localhost:3000', 'http://127.0.0.1:8080', 'https://localhost:5173'])
      expect((await open(info, { origin })).status).toBe(200)
    const other = { origin: 'http://192.168.1.20:3000' }
    expect(await (await open(info, other)).json()).toMatchObject({ message: 'origin_not_allowed' })
    const [, line = ''] = /^ {2}npm run setup -- (.*)$/m.exec(output()) ?? []
    await run(process.execPath, [SETUP, ...line.replace('https://example.com', other.origin).split(' ')])
    expect((await open(info, other)).status).toBe(200)
    expect((await open(info, { origin: info.siteUrl })).status).toBe(200)

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

  it('ends quietly when npm is killed, and builds the widget no second time', async () => {
    const dataDir = makeDataDir()
    const killNpm = async (): Promise<string> => {
      const { child, exited, output } = await startCli(dataDir, 'ignore', ['npm', 'start'])
      child.kill('SIGTERM')
      await exited
      return output()
    }
    await killNpm()
    const output = await killNpm()
    expect(output).not.toContain('Widget built')
    expect(output).toMatch(/Ctrl-C stops it all\.\n\nStopping…\nStopped\.\n$/)
    expect(await running(dataDir)).toEqual([])
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
