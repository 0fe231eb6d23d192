import { createServer, type Server } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

export interface SiteOptions {
  dir: string
  /** Lets pages of other origins read it, as a CDN does. */
  anyOrigin?: boolean
  /** Changes a page's HTML before it is sent. */
  transform?: (html: string) => string
  /** What a file that isn't there means, for people. */
  missing?: string
}

/** Serves the files of a folder. */
export function createSite({ dir, anyOrigin = false, transform, missing = 'Not found.' }: SiteOptions): Server {
  const root = resolve(dir)
  return createServer(async (request, response) => {
    const pathname = decodePath(request.url ?? '/')
    const file = resolve(join(root, pathname.endsWith('/') ? `${pathname}index.html` : pathname))
    const headers = { 'cache-control': 'no-cache', ...(anyOrigin ? { 'access-control-allow-origin': '*' } : {}) }
    if (file !== root && !file.startsWith(root + sep)) {
      response.writeHead(404, headers).end(missing)
      return
    }
    try {
      const bytes = await readFile(file)
      const type = TYPES[extname(file)] ?? 'application/octet-stream'
      const body = transform && extname(file) === '.html' ? transform(bytes.toString('utf8')) : bytes
      response.writeHead(200, { ...headers, 'content-type': type }).end(body)
    } catch {
      response.writeHead(404, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(missing)
    }
  })
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(new URL(url, 'http://site').pathname)
  } catch {
    return '/'
  }
}

export interface PageValues {
  widgetUrl: string
  apiUrl: string
  publishableKey: string
  assistantId: string
  /** Whether the mock model answers: the page then says so. */
  mockModel: boolean
}

const escapeAttribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

/** Fills in `%LOACL_…%`, and leaves the notice of the mock model out where a real model answers. */
export function fillPage(html: string, values: PageValues): string {
  const filled = html
    .replaceAll('%LOACL_WIDGET%', escapeAttribute(values.widgetUrl))
    .replaceAll('%LOACL_URL%', escapeAttribute(values.apiUrl))
    .replaceAll('%LOACL_KEY%', escapeAttribute(values.publishableKey))
    .replaceAll('%LOACL_ASSISTANT%', escapeAttribute(values.assistantId))
  return values.mockModel ? filled : filled.replace(/<!-- mock model -->[^]*?<!-- \/mock model -->\s*/, '')
}
