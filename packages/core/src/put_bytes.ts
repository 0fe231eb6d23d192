import { LoaclError } from './errors.ts'
import type { UploadOptions } from './file_types.ts'
import { withTimeout } from './timeout.ts'
import type { ClientOptions } from './types.ts'

interface Bytes {
  blob: Blob
  type: string
  onProgress: UploadOptions['onProgress']
}

interface Answer {
  status: number
  text: string
}

const SILENCE_MS = 30_000
/** Without news of how far it has come, the slowest connection that is waited for: 160 kbit/s. */
const BYTES_PER_MS = 20

/**
 * Sends a file's bytes to a link of Storage, once: without the project's key and any header of its own. Gives `false` where the
 * link is not taken. That bytes are there already is as good: the answer to those was lost.
 *
 * @throws LoaclError `network`, `busy`, `file_too_large`, `storage_unavailable`
 */
export async function putBytes(
  url: string,
  bytes: Bytes,
  options: ClientOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { blob, onProgress } = bytes
  const total = blob.size
  const tell = (loaded: number): void => {
    try {
      onProgress?.({ loaded: Math.min(loaded, total), total })
    } catch (error) {
      // A host's fault is the host's to see, and must not end an upload.
      queueMicrotask(() => {
        throw error
      })
    }
  }
  const given = 'fetch' in options ? options.fetch : undefined
  const { status, text } =
    typeof XMLHttpRequest === 'undefined' || isOwnOfPage(given)
      ? await putByFetch(url, bytes, given ?? globalThis.fetch, tell, signal)
      : await putByXhr(url, bytes, tell, signal)
  // As an HTTP status 400, older versions of Storage send their own.
  const code = Number(/"statusCode": *"?(\d+)/.exec(text)?.[1] ?? status)
  if (status < 300 || code === 409) {
    tell(total)
    return true
  }
  if (code === 413) throw new LoaclError('file_too_large', undefined, { status })
  if (code === 429) throw new LoaclError('busy', undefined, { status })
  if (code >= 500) throw new LoaclError('storage_unavailable', undefined, { status: code })
  return false
}

/** Whether a page has made this function: requests are to go through it, although it tells nothing of progress. */
const isOwnOfPage = (given: typeof fetch | undefined): given is typeof fetch =>
  given !== undefined && given !== globalThis.fetch && !/\[native code\]/.test(Function.prototype.toString.call(given))

function putByFetch(
  url: string,
  { blob, type }: Bytes,
  send: typeof fetch,
  tell: (loaded: number) => void,
  signal: AbortSignal,
): Promise<Answer> {
  tell(0)
  const request = async (connection: AbortSignal) => {
    const headers = { 'content-type': type }
    const response = await send(url, { method: 'PUT', headers, body: blob, signal: connection })
    return { status: response.status, text: await response.text() }
  }
  return withTimeout([signal], request, SILENCE_MS + blob.size / BYTES_PER_MS)
}

const putByXhr = (
  url: string,
  { blob, type }: Bytes,
  tell: (loaded: number) => void,
  signal: AbortSignal,
): Promise<Answer> =>
  withTimeout([signal], (connection, onActivity) => {
    const request = new XMLHttpRequest()
    connection.addEventListener('abort', () => request.abort())
    return new Promise((resolve, reject) => {
      request.upload.addEventListener('progress', ({ loaded }) => {
        onActivity()
        tell(loaded)
      })
      request.addEventListener('load', () => resolve({ status: request.status, text: request.responseText }))
      request.addEventListener('error', reject)
      request.open('PUT', url)
      request.setRequestHeader('content-type', type)
      request.send(blob)
    })
  })
