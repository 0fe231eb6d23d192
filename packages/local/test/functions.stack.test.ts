import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startStack, type Stack } from '../src/index.ts'

// `loacl-chat` is named in config.toml with `verify_jwt = false`; `closed` is not.
const FUNCTION = `
import { greet } from '@greeting'

Deno.serve(async (request) => {
  const url = new URL(request.url)
  if (url.pathname === '/loacl-chat/stream') {
    const encoder = new TextEncoder()
    let send
    const next = new Promise((resolve) => (send = resolve))
    globalThis.release = send
    return new Response(new ReadableStream({
      async start(controller) {
        controller.enqueue(encoder.encode('first'))
        await next
        controller.enqueue(encoder.encode('second'))
        controller.close()
      },
    }))
  }
  if (url.pathname === '/loacl-chat/release') { globalThis.release(); return new Response('released') }
  if (url.pathname === '/loacl-chat/broken') {
    return new Response(new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('half'))
        globalThis.release = () => controller.error(new Error('broken'))
      },
    }))
  }
  if (url.pathname === '/loacl-chat/refuse') return new Response('too much', { status: 413 })
  if (url.pathname === '/loacl-chat/refuse-later') {
    const reader = request.body.getReader()
    for (let read = 0; read < 100_000; ) read += (await reader.read()).value.length
    await reader.cancel()
    return new Response('too much', { status: 413 })
  }
  if (url.pathname === '/loacl-chat/background') {
    EdgeRuntime.waitUntil(new Promise((resolve) => setTimeout(resolve, 10)).then(() => { globalThis.finished = true }))
    return Response.json({})
  }
  if (url.pathname === '/loacl-chat/finished') return Response.json(globalThis.finished === true)
  if (url.pathname === '/loacl-chat/crash') { setTimeout(() => Deno.exit(7), 0); return new Response('bye') }
  if (url.pathname === '/loacl-chat/permissions') {
    const denied = async (run) => { try { await run(); return false } catch { return true } }
    return Response.json({
      write: await denied(() => Deno.writeTextFile('./mark.txt', 'x')),
      run: await denied(() => new Deno.Command('ls').output()),
      readElsewhere: await denied(() => Deno.readTextFile('/etc/hostname')),
    })
  }
  return Response.json({
    greeting: greet,
    pid: Deno.pid,
    path: url.pathname + url.search,
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
    env: Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => /^(SUPABASE|LOACL|OPENAI|NO_PROXY)/.test(name))),
  })
})
`

let stack: Stack
let dir: string
const lines: string[] = []
const call = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`${stack.apiUrl}/functions/v1/${path}`, init)

/** Five megabytes, sent to the end whatever the answer, on a connection that is used again. */
function postLong(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent }, async (response) => {
      resolve(`${response.statusCode} ${await text(response)}`)
    })
    sent.once('error', reject)
    sent.end('x'.repeat(5_000_000))
  })
}

const starting = () => /\[loacl-admin\] starts in (\d+)/.exec(lines.join('\n'))?.[1]

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'loacl-functions-'))
  for (const name of ['loacl-chat', 'closed', '_shared']) mkdirSync(join(dir, name))
  writeFileSync(join(dir, '_shared', 'greeting.ts'), "export const greet: string = 'hello'\n")
  writeFileSync(
    join(dir, 'loacl-chat', 'deno.json'),
    JSON.stringify({ imports: { '@greeting': '../_shared/greeting.ts' } }),
  )
  writeFileSync(join(dir, 'loacl-chat', 'index.ts'), FUNCTION)
  // Starts slowly, so that it can be ended meanwhile, unless the test says that it is to be quick.
  mkdirSync(join(dir, 'loacl-admin'))
  writeFileSync(join(dir, 'quick'), '')
  writeFileSync(
    join(dir, 'loacl-admin', 'index.ts'),
    `const isQuick = await Deno.stat(new URL('../quick', import.meta.url)).then(() => true, () => false)
    if (!isQuick) { console.log('starts in ' + Deno.pid); setInterval(() => {}, 1_000); await new Promise(() => {}) }
    Deno.serve(() => Response.json(Deno.pid))`,
  )
  writeFileSync(join(dir, 'closed', 'index.ts'), "Deno.serve(() => new Response('open'))\n")
  // The developer's own: the way to the network is for everybody, a key is not.
  vi.stubEnv('NO_PROXY', 'models.test')
  vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-developer')
  stack = await startStack({
    functionsDir: dir,
    watch: true,
    env: { LOACL_TURN_DEADLINE_MS: '1234' },
    log: (line) => lines.push(line),
  })
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await stack?.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe('functions', () => {
  it('see the request as hosted ones do, and find their environment', async () => {
    const response = await call('loacl-chat/turns?after=3', {
      method: 'POST',
      headers: { apikey: 'any', 'x-forwarded-for': '203.0.113.9', 'cf-connecting-ip': '203.0.113.9' },
      body: 'text',
    })
    const seen = (await response.json()) as {
      greeting: string
      path: string
      method: string
      headers: Record<string, string>
      body: string
      env: Record<string, string>
    }
    expect(seen).toMatchObject({ greeting: 'hello', path: '/loacl-chat/turns?after=3', method: 'POST', body: 'text' })
    // What a client claims comes first; the header that can be trusted holds what the gateway saw.
    expect(seen.headers).toMatchObject({
      apikey: 'any',
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
      'cf-connecting-ip': '127.0.0.1',
    })
    expect(Object.keys(seen.env).toSorted()).toEqual([
      'LOACL_ENCRYPTION_KEYS',
      'LOACL_PRIVATE_HOSTS',
      'LOACL_TURN_DEADLINE_MS',
      'NO_PROXY',
      'SUPABASE_DB_URL',
      'SUPABASE_JWKS',
      'SUPABASE_PUBLISHABLE_KEYS',
      'SUPABASE_SECRET_KEYS',
      'SUPABASE_URL',
    ])
    expect(seen.env).toMatchObject({
      SUPABASE_URL: stack.apiUrl,
      SUPABASE_DB_URL: stack.dbUrl,
      LOACL_TURN_DEADLINE_MS: '1234',
    })
    expect(JSON.parse(seen.env.SUPABASE_SECRET_KEYS ?? '')).toEqual({ default: stack.secretKey })
  })

  it('stream without being held back', async () => {
    const response = await call('loacl-chat/stream')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader.read()).toEqual({ done: false, value: 'first' })
    // The second piece exists only now, so the first was not waiting for it.
    await call('loacl-chat/release')
    expect(await reader.read()).toEqual({ done: false, value: 'second' })
    expect((await reader.read()).done).toBe(true)
  })

  it('that break off in the middle look broken, not finished', async () => {
    const response = await call('loacl-chat/broken')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect(await reader.read()).toEqual({ done: false, value: 'half' })
    await call('loacl-chat/release')
    await expect(reader.read()).rejects.toThrow('terminated')
  })

  it('get preflights themselves', async () => {
    const response = await call('loacl-chat/turns', { method: 'OPTIONS' })
    expect(await response.json()).toMatchObject({ method: 'OPTIONS' })
  })

  it('go on in the background where they ask for it', async () => {
    await call('loacl-chat/background')
    await expect.poll(async () => (await call('loacl-chat/finished')).json()).toBe(true)
  })

  it('may neither write, nor run programs, nor read what is not theirs', async () => {
    expect(await (await call('loacl-chat/permissions')).json()).toEqual({ write: true, run: true, readElsewhere: true })
  })

  it.each(['refuse', 'refuse-later'])('may answer before a long request has ended: %s', async (route) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const posts = Array.from({ length: 12 }, () => postLong(`${stack.apiUrl}/functions/v1/loacl-chat/${route}`, agent))
    expect(await Promise.all(posts)).toEqual(Array(12).fill('413 too much'))
    agent.destroy()
    expect((await call('loacl-chat/turns')).status).toBe(200)
  })

  it('of an unknown name are not found, with an answer that pages can read', async () => {
    for (const name of ['nothing', '_shared', '..%2floacl-chat']) {
      const response = await call(name, { headers: { origin: 'https://shop.example' } })
      expect(response.status).toBe(404)
      expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    }
  })

  it('without verify_jwt = false are refused, as hosted Supabase would', async () => {
    const response = await call('closed', { headers: { apikey: stack.publishableKey } })
    expect(response.status).toBe(401)
    expect(await response.text()).toContain('verify_jwt')
  })

  it('that end are named with what they said, and started again', async () => {
    await call('loacl-chat/crash')
    await expect
      .poll(() => lines)
      .toContain('[loacl-chat] The function ended with code 7. It starts again at the next request.')
    expect((await call('loacl-chat/turns')).status).toBe(200)

    const { pid } = (await (await call('loacl-chat/turns')).json()) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await expect
      .poll(() => lines)
      .toContain('[loacl-chat] The function was ended by SIGKILL. It starts again at the next request.')
    expect((await call('loacl-chat/turns')).status).toBe(200)
  })

  it('come back after one was ended while it started', async () => {
    const pid = Number(await (await call('loacl-admin/x')).text())
    rmSync(join(dir, 'quick'))
    process.kill(pid, 'SIGKILL')
    await expect.poll(() => lines.join('\n')).toContain('[loacl-admin] The function was ended by SIGKILL.')
    const answer = call('loacl-admin/x')
    await expect.poll(starting).toBeDefined()
    writeFileSync(join(dir, 'quick'), '')
    process.kill(Number(starting()), 'SIGKILL')
    expect((await answer).status).toBe(200)
    expect((await call('loacl-admin/x')).status).toBe(200)
  })

  it('are reloaded when a file changes, and a mistake is told and can be mended', async () => {
    writeFileSync(join(dir, '_shared', 'greeting.ts'), "export const greet: string = 'good day'\n")
    await expect.poll(async () => (await call('loacl-chat/turns')).json()).toMatchObject({ greeting: 'good day' })

    writeFileSync(join(dir, 'loacl-chat', 'index.ts'), 'not a program')
    await expect.poll(async () => (await call('loacl-chat/turns')).status).toBe(503)

    writeFileSync(join(dir, 'loacl-chat', 'index.ts'), FUNCTION)
    await expect.poll(async () => (await call('loacl-chat/turns')).status).toBe(200)
  })
})
