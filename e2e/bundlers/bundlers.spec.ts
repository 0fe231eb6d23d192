import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'
import { BUILDS, listScripts } from './builds.ts'

/** A site that keeps its applications in folders: nothing of theirs is at its root. */
const BASE = '/shop/'
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

for (const [name, build] of Object.entries(BUILDS))
  test(`the panel opens in an application that ${name} has built`, async ({ page, target, friends }) => {
    const out = await mkdtemp(join(tmpdir(), `loacl-${name}-`))
    await build(out, BASE)
    const scripts = await Promise.all((await listScripts(out)).map((file) => readFile(file, 'utf8')))
    expect(scripts.filter((script) => script.includes(ROOT))).toEqual([])

    const asked: string[] = []
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://x')
      asked.push(pathname)
      const file = pathname === BASE ? 'index.html' : pathname.slice(BASE.length)
      // What stands between percent signs, the page's server fills in.
      const fill = (text: string) =>
        text.replace(/%(url|key|assistant)%/g, (_, option) => searchParams.get(option) ?? '')
      readFile(join(out, file)).then(
        (bytes) =>
          response
            .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' })
            .end(pathname === BASE ? fill(bytes.toString()) : bytes),
        () => response.writeHead(404).end(),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    friends.add(origin)
    const { url, key, assistantId: assistant } = target
    await page.goto(`${origin}${BASE}?${new URLSearchParams({ url, key, assistant })}`)
    const chat = new Chat(page)
    await chat.open()
    const question = unique('Does it open here?')
    await chat.askAndWait(question)
    await expect(chat.log.getByRole('button', { name: 'Copy answer' })).toBeVisible()
    expect(asked.filter((path) => !path.startsWith(BASE) && path !== '/favicon.ico')).toEqual([])
    server.closeAllConnections()
    server.close()
    await rm(out, { recursive: true })
  })
