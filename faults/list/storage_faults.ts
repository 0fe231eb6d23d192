import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Received } from '../world/forward.ts'
import type { Point, Trace } from '../world/trace.ts'
import type { Fault } from './fault.ts'

/** Where Storage is asked for something. */
const ASKED: readonly Point[] = ['link-asked', 'bytes-sent', 'bytes-read', 'file-told']

/** As Storage says it: the status is 400 for most, and the body has what is meant. */
const refuse = (response: ServerResponse, status: number, code: number, error: string): true => {
  const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' }
  response.writeHead(status, headers).end(JSON.stringify({ statusCode: String(code), error, message: error }))
  return true
}

const isUpload = ({ request }: Received): boolean => request.method === 'PUT'

/** From the point on, what Storage is asked about the visitor's files goes so. */
const storage = (
  name: string,
  codes: Fault['codes'],
  answer: (received: Received, trace: Trace) => Promise<boolean> | boolean,
  points: Fault['points'] = ['bytes-sent'],
): Fault => ({
  name,
  codes,
  points,
  strike(_, trace) {
    trace.storage = (received) => answer(received, trace)
    return undefined
  },
})

const lose = (name: string, points: Fault['points'], codes: Fault['codes'] = []): Fault => ({
  name,
  codes,
  points,
  drops: true,
})

/** What goes wrong with Storage, and on the way to it. */
export const STORAGE_FAULTS: readonly Fault[] = [
  storage(
    'storage-down',
    ['storage_unavailable'],
    ({ response }) => refuse(response, 503, 503, 'Service unavailable'),
    ASKED,
  ),
  storage(
    'storage-slow',
    [],
    async () => {
      await delay(2_000)
      return false
    },
    ASKED,
  ),
  storage(
    'storage-full',
    ['storage_unavailable'],
    (received) => isUpload(received) && refuse(received.response, 507, 507, 'InsufficientStorage'),
  ),
  storage(
    'storage-too-small',
    ['file_too_large'],
    (received) => isUpload(received) && refuse(received.response, 400, 413, 'Payload too large'),
  ),
  // Storage refuses one that has ended as it does one that it hasn't signed.
  storage('link-ended', [], (received, trace) => {
    trace.storage = null
    received.path = received.path.replace(/token=[^&]+/, (token) => `${token.slice(0, -4)}AAAA`)
    return false
  }),
  lose('bytes-lost', ['bytes-sent']),
  {
    name: 'bytes-cut',
    codes: [],
    points: ['bytes-sent'],
    strike(_, trace) {
      trace.cutsBytes = true
      return undefined
    },
  },
  lose('bytes-answer-lost', ['bytes-stored']),
  lose('file-request-lost', ['upload-asked', 'check-sent']),
  lose('file-answer-lost', ['upload-begun', 'checked-sent']),
  lose('storage-answer-lost', ['link-asked', 'bytes-read', 'file-told'], ['storage_unavailable']),
]
