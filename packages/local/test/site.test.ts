import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeServer, findPort, listen, PortBusyError, reservePort } from '../src/ports.ts'
import { createSite, fillPage } from '../src/site.ts'

const VALUES = {
  widgetUrl: 'http://w',
  apiUrl: 'http://a',
  publishableKey: 'sb_publishable_x"><script>',
  assistantId: 'id',
  mockModel: true,
}

let root: string
let server: Server
let port: number

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'loacl-site-'))
  mkdirSync(join(root, 'site'))
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(root, 'site', 'index.html'), '<p data-key="%LOACL_KEY%">')
  writeFileSync(join(root, 'site', 'loacl.js'), 'run("%LOACL_KEY%")')
  server = createSite({
    dir: join(root, 'site'),
    anyOrigin: true,
    transform: (html) => fillPage(html, VALUES),
    missing: 'Build it.',
  })
  port = await listen(server, 'site', undefined)
})
afterEach(async () => {
  await closeServer(server)
  rmSync(root, { recursive: true })
})

/** `fetch` would tidy the path up. */
async function getRaw(path: string): Promise<number | undefined> {
  const [response] = (await once(get({ port, host: '127.0.0.1', path }), 'response')) as [
    { statusCode?: number; resume(): void },
  ]
  response.resume()
  return response.statusCode
}

describe('a site', () => {
  it('fills in pages, not scripts, and lets other origins read both', async () => {
    const page = await fetch(`http://127.0.0.1:${port}/`)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(await page.text()).toBe('<p data-key="sb_publishable_x&quot;>&lt;script>">')
    const script = await fetch(`http://127.0.0.1:${port}/loacl.js`)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('access-control-allow-origin')).toBe('*')
    expect(await script.text()).toBe('run("%LOACL_KEY%")')
  })

  it('says what to do where a file is missing, and serves nothing outside its folder', async () => {
    const missing = await fetch(`http://127.0.0.1:${port}/panel.js`)
    expect([missing.status, await missing.text()]).toEqual([404, 'Build it.'])
    for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '//../secret.txt'])
      expect(await getRaw(path)).not.toBe(200)
  })

  it('leaves the notice out where a real model answers', () => {
    const html = 'a <!-- mock model --> <p>A mock model</p> <!-- /mock model -->b'
    expect(fillPage(html, VALUES)).toContain('A mock model')
    expect(fillPage(html, { ...VALUES, mockModel: false })).toBe('a b')
  })
})

describe('ports', () => {
  it('that are taken are an error, or passed over', async () => {
    await expect(findPort('API', port)).rejects.toThrow(new PortBusyError('API', port))
    const busy: number[] = []
    const next = await findPort('API', { near: port, avoid: [port + 1] }, (taken) => busy.push(taken))
    expect(next).toBeGreaterThan(port + 1)
    expect(busy).toContain(port)
  })

  it('may be taken by the dozen, and are named where all that were tried are', async () => {
    const first = randomInt(20_000, 29_000)
    const others = Array.from({ length: 50 }, () => createServer())
    for (const [index, other] of others.entries()) await listen(other, 'other', first + index).catch(() => null)
    await expect(findPort('API', { near: first })).rejects.toThrow(
      `Ports ${first} to ${first + 49} (API) are in use. Free one of them or ask for another one.`,
    )
    const own = createServer()
    const listeners = (): number[] => ['listening', 'error'].map((event) => own.listenerCount(event))
    const before = listeners()
    const left = new Set<string>()
    const busy = (): void => void left.add(listeners().join())
    expect(await listen(own, 'API', { near: first + 30 }, busy)).toBeGreaterThanOrEqual(first + 50)
    expect(left).toEqual(new Set([before.join()]))
    await Promise.all([own, ...others].map(closeServer))
  })

  it('that a program opens later are none that the system gives to somebody else meanwhile', async () => {
    const { port: kept, release } = await reservePort('PostgreSQL', undefined)
    await expect(findPort('API', kept)).rejects.toThrow(PortBusyError)
    await release()
    expect(await findPort('API', kept)).toBe(kept)
    // Linux gives away those from 32768 on, other systems those from 49152 on.
    expect(kept).toBeLessThan(32_768)
  })
})
