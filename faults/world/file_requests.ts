import { request as httpRequest } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { forward, readJson, type Received } from './forward.ts'
import type { Point, Trace, Traces } from './trace.ts'

const FILES = '/functions/v1/loacl-chat/files'
const PUT = '/storage/v1/object/upload/sign/loacl/'

export const isFilePath = (path: string): boolean => path.startsWith(FILES) || path.startsWith(PUT)

/** A request of Storage, by the path of what it is about. */
export const pathInStorage = (path: string): string | null =>
  /^\/storage\/v1\/object\/(?:upload\/sign\/|sign\/)?loacl\/([^?]+)/.exec(path)?.[1] ?? null

/** Passes what a visitor's client asks about files, and what it uploads. */
export async function passFile(
  target: () => string,
  received: Received,
  traces: Traces,
  current: Trace | null,
): Promise<void> {
  const { path, response, body } = received
  const begins = path === FILES
  const trace = begins ? traces.findLatest({ text: readJson(body).name }) : (traces.find(idIn(path)) ?? current)
  const [before, after] = pointsOf(received)
  if (before && (await trace?.reach(before)) === 'drop') return void response.destroy()
  if (path.startsWith(PUT)) {
    trace?.links.add(path)
    if (await trace?.storage?.(received)) return
    if (trace?.cutsBytes) {
      trace.cutsBytes = false
      await sendHalf(target(), received)
      return void response.destroy()
    }
  }
  const answer = await forward(target(), received)
  const content = await buffer(answer)
  if (begins && trace) {
    const { id } = readJson(content)
    traces.name(trace, id)
    if (typeof id === 'string') trace.ids.add(id)
  }
  if (after && (await trace?.reach(after)) === 'drop') return void response.destroy()
  response.writeHead(answer.statusCode ?? 502, answer.headers).end(content)
}

/** Where it is before it is asked, and when it is answered. */
function pointsOf({ path, request: { method } }: Received): [Point | 'act-sent', Point | 'act-answered'] | [] {
  if (path.startsWith(PUT)) return method === 'PUT' ? ['bytes-sent', 'bytes-stored'] : []
  if (path === FILES) return method === 'POST' ? ['upload-asked', 'upload-begun'] : []
  if (path.endsWith('/complete')) return ['check-sent', 'checked-sent']
  return method === 'DELETE' ? ['act-sent', 'act-answered'] : []
}

const idIn = (path: string): string | undefined => pathInStorage(path) ?? path.slice(FILES.length + 1).split(/[/?]/)[0]

/** The connection breaks in the middle of the bytes. */
async function sendHalf(target: string, { request, path, body }: Received): Promise<void> {
  const { host: _host, ...headers } = request.headers
  const upstream = httpRequest(`${target}${path}`, {
    method: request.method,
    headers: { ...headers, 'content-length': String(body.length) },
  })
  await new Promise<void>((resolve) => {
    upstream.once('error', () => resolve())
    upstream.once('close', () => resolve())
    upstream.write(body.subarray(0, body.length / 2), () => upstream.destroy())
  })
}
