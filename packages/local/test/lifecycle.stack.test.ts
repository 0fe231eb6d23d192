import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PortBusyError, startStack } from '../src/index.ts'
import { crashPostgres, dataDirectory, makeDataDir, open, query, running, start, takePort } from './own_stack.ts'

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
    const port = await takePort()
    const dataDir = makeDataDir()
    await expect(startStack({ dataDir, ports: { db: port } })).rejects.toThrow(new PortBusyError('PostgreSQL', port))
    expect(await running(dataDir)).toEqual([])
  })

  it('names a taken port and takes the next one where any will do', async () => {
    const port = await takePort()
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
