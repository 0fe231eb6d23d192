import { CodedError } from '../domain/coded_error.ts'
import type { FileStorage, StorageLink } from '../domain/files/file_store.ts'
import type { DataApiOptions } from './data_api.ts'
import { objectOf, stringOf } from './json_values.ts'

/** Holds what visitors upload and owners' documents. */
const BUCKET = 'loacl'
/** Of a link to open or save a file. */
const LINK_SECONDS = 60
/** Of a link to upload by: two hours on Supabase, and what the clocks of two machines may differ by. */
const MAX_UPLOAD_SECONDS = 2 * 3_600 + 300
/** One call, with up to 50 MB. */
const TIMEOUT_MS = 30_000

const unavailable = (cause: unknown): CodedError =>
  new CodedError('storage_unavailable', "Files can't be reached at the moment. Please try again.", { cause })

/** With words for the owner's log, which takes none of another's. */
const unusable = (why: string): CodedError => unavailable(new CodedError('storage_unavailable', why))

/** The project's Storage over its REST API. It answers with paths below `/storage/v1`, which is what links are made of. */
export function createFileStorage({ url, secretKey, fetch, timeoutMs = TIMEOUT_MS }: DataApiOptions): FileStorage {
  const address = `${url.replace(/\/$/, '')}/storage/v1`

  async function send<T>(method: string, path: string, body: object | null, read: (response: Response) => Promise<T>) {
    const givingUp = new AbortController()
    const timer = setTimeout(() => givingUp.abort(), timeoutMs)
    try {
      const response = await (fetch ?? globalThis.fetch)(address + path, {
        method,
        headers: {
          apikey: secretKey,
          authorization: `Bearer ${secretKey}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        body: body && JSON.stringify(body),
        signal: givingUp.signal,
      })
      if (response.ok) return await read(response)
      const text = await response.text()
      if (isMissing(response.status, text)) return null
      throw Object.assign(new Error('Storage refused.'), { status: response.status })
    } catch (cause) {
      throw unavailable(cause)
    } finally {
      clearTimeout(timer)
    }
  }

  async function sign(path: string, body: object, member: string): Promise<StorageLink> {
    const signed = await send('POST', path, body, async (response) => objectOf(await response.json()))
    const link = stringOf(signed?.[member])
    const token = new URL(link, 'http://storage').searchParams.get('token')
    if (!token) throw unusable('Storage signed nothing.')
    return { url: `storage/v1${link}`, expiresAt: new Date(expiryOf(token) * 1_000).toISOString() }
  }

  return {
    async createUploadLink(path) {
      const link = await sign(`/object/upload/sign/${BUCKET}/${path}`, {}, 'url')
      // What is deleted is deleted again when its link has ended, and the database takes that for two hours.
      if (Date.parse(link.expiresAt) > Date.now() + MAX_UPLOAD_SECONDS * 1_000)
        throw unusable('Storage signs links to upload by for more than two hours. Let it sign them for 7200 seconds.')
      return link
    },
    async createLink(path, downloadName) {
      const link = await sign(`/object/sign/${BUCKET}/${path}`, { expiresIn: LINK_SECONDS }, 'signedURL')
      return downloadName === null ? link : { ...link, url: `${link.url}&download=${encodeURIComponent(downloadName)}` }
    },
    read: (path, maxBytes) =>
      send('GET', `/object/${BUCKET}/${path}`, null, async (response) => ({
        bytes: await readBytes(response, maxBytes),
        mediaType: response.headers.get('content-type') ?? '',
      })),
  }
}

/** Storage says "not found" with the status 400 and its own code in the body. */
function isMissing(status: number, text: string): boolean {
  if (status === 404) return true
  if (status !== 400) return false
  try {
    return stringOf(objectOf(JSON.parse(text)).statusCode) === '404'
  } catch {
    return false
  }
}

/** Seconds since 1970. The token is Storage's own, and Storage checks it. */
function expiryOf(token: string): number {
  const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/')
  const { exp } = objectOf(payload && JSON.parse(atob(payload)))
  if (typeof exp !== 'number') throw unusable("Storage's token does not say when it ends.")
  return exp
}

async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    // The rest is left unread.
    if (length > maxBytes) break
  }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
