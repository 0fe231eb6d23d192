import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import { renderPage } from './pages.ts'

const fileOf = (path: string): string => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.map': 'application/json',
}
const TURBO = new URL('../node_modules/@hotwired/turbo/dist/turbo.es2017-esm.js', import.meta.url)
const compress = promisify(brotliCompress)

export interface Site {
  pagesOrigin: string
  assetsOrigin: string
  stop(): void
}

/** The files of the widget and, under `/core/`, of core, as a careful host serves them: brotli, for every origin. */
function serveAssets(): RequestListener {
  const files = new Map<string, Promise<Buffer>>()
  return (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname)
    const file =
      files.get(path) ??
      readFile(
        fileOf(path.startsWith('/core/') ? join('core/dist', path.slice('/core'.length)) : join('widget/dist', path)),
      ).then((bytes) => compress(bytes))
    files.set(path, file)
    file.then(
      (bytes) =>
        response
          .writeHead(200, {
            'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
            'content-encoding': 'br',
            'content-length': bytes.length,
            'access-control-allow-origin': '*',
            'cache-control': 'no-store',
          })
          .end(bytes),
      () => {
        files.delete(path)
        response.writeHead(404).end()
      },
    )
  }
}

const servePages =
  (assetsOrigin: string, files: RequestListener): RequestListener =>
  (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
    if (pathname === '/turbo.js')
      return void readFile(TURBO).then((code) => response.writeHead(200, { 'content-type': TYPES['.js'] }).end(code))
    if (pathname.endsWith('.js')) return files(request, response)
    const page = renderPage(pathname.slice(1), { ...Object.fromEntries(searchParams), assets: assetsOrigin })
    if (page) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers }).end(page.html)
    else response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end()
  }

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Serves the test pages from one site and the widget's files from another, and from that of the pages as well. */
export async function startSite(): Promise<Site> {
  const files = serveAssets()
  const assets = createServer(files)
  const assetsOrigin = `http://localhost:${await listen(assets)}`
  const pages = createServer(servePages(assetsOrigin, files))
  const pagesOrigin = `http://127.0.0.1:${await listen(pages)}`
  return {
    pagesOrigin,
    assetsOrigin,
    stop() {
      for (const server of [assets, pages]) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
