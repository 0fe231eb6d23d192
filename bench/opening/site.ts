import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listMessages, openSession } from './project.ts'

/** The script tag's files: of this checkout, or of a folder that was kept of another build. */
const DIST = fileURLToPath(new URL('../../packages/widget/dist', import.meta.url))

/** The least that a panel can be: a dialog with a text field. */
const CONTROL = `export function show() {
  const dialog = document.createElement('dialog')
  const field = document.createElement('textarea')
  dialog.append(field)
  document.body.append(dialog)
  dialog.show()
  field.focus()
}`

const page = (body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Opening</title></head>
<body><main>${'<p>Every bicycle that leaves our workshop has been ridden by the person who built it.</p>'.repeat(30)}</main>
${body}</body>
</html>`

const CONTROL_PAGE = page(`<button>Open</button>
<script>
  document.querySelector('button').onclick = () => import('/control.js').then((module) => module.show())
</script>`)

export interface Site {
  origin: string
  stop(): void
}

interface SiteOptions {
  dist?: string | undefined
  /** How many the conversation has. */
  messages?: number
  /** Writes what is left of the answer to a question; without it, there is none. */
  answer?(response: ServerResponse): Promise<void>
}

/** Serves both pages, their files, which a browser may keep, and as much of a project as opening a chat asks of. */
export async function startSite({ dist = DIST, messages = 20, answer }: SiteOptions = {}): Promise<Site> {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams, origin } = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const send = (type: string, body: string | Buffer) =>
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'max-age=600' }).end(body)
    if (pathname === '/control') return send('text/html', CONTROL_PAGE)
    if (pathname === '/control.js') return send('text/javascript', CONTROL)
    if (pathname === '/loacl') {
      const assistant = searchParams.get('assistant')
      const tag = `<script src="/loacl.js" data-url="${origin}" data-key="sb_publishable_bench" data-assistant="${assistant}"></script>`
      return send('text/html', page(tag))
    }
    if (pathname.endsWith('/rpc/open_session')) {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { assistant_id } = JSON.parse(Buffer.concat(chunks).toString()) as { assistant_id: string }
      return send('application/json', JSON.stringify(openSession(assistant_id)))
    }
    if (pathname.endsWith('/rpc/list_messages')) return send('application/json', JSON.stringify(listMessages(messages)))
    if (pathname.endsWith('/turns') && answer) return answer(response)
    if (pathname.endsWith('.js')) return send('text/javascript', await readFile(join(dist, pathname)))
    response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
