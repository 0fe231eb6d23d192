import { createHmac, timingSafeEqual } from 'node:crypto'

type Answer = (request: Request) => Promise<Response>

const PREFIX = '/storage/v1'
/** Of any bucket: Storage's own limit on a hosted project. A bucket's may be lower. */
const MAX_BYTES = 50 * 1024 * 1024

/** Storage's answers as the hosted one gives them, where lite's are others, or let through what that refuses. */
export function createStorageRequests(jwtSecret: string): (request: Request, answer: Answer) => Promise<Response> {
  const uploads = new Map<string, Promise<unknown>>()

  /** Of those that come to one path at once the first is stored, and the next finds it there. Lite looks before it has the bytes. */
  async function inTurn(path: string, upload: () => Promise<Response>): Promise<Response> {
    const before = uploads.get(path)
    const own = (async () => {
      await before
      return upload()
    })()
    const ended = own.catch(() => null)
    uploads.set(path, ended)
    try {
      return await own
    } finally {
      if (uploads.get(path) === ended) uploads.delete(path)
    }
  }

  return async (request, answer) => {
    const { pathname, searchParams } = new URL(request.url)
    const path = pathname.slice(PREFIX.length)
    const token = searchParams.get('token')
    if (token !== null && !isValid(token, jwtSecret))
      return refuse(400, 'InvalidJWT', 'The token is malformed, or has ended')
    if (request.method === 'PUT' && path.startsWith('/object/upload/sign/')) {
      const upload = await readUpload(request)
      return upload ? inTurn(path, () => answer(upload)) : refuse(413, 'Payload too large', TOO_LARGE)
    }
    if (request.method === 'POST' && path.startsWith('/object/upload/sign/'))
      return toSigned(await answer(request), 'url')
    if (request.method === 'POST' && path.startsWith('/object/sign/'))
      return toSigned(await answer(request), 'signedURL')
    if (request.method === 'GET' && path.startsWith('/object/'))
      return toPart(await answer(request), request.headers.get('range'), searchParams.get('download'))
    return answer(request)
  }
}

const TOO_LARGE = 'The object exceeded the maximum allowed size'

/** Storage says what it means in the body; the status is 400 for all of it. */
const refuse = (statusCode: number, error: string, message: string): Response =>
  Response.json(
    { statusCode: String(statusCode), error, message },
    { status: 400, headers: { 'access-control-allow-origin': '*' } },
  )

/** Whether Storage signed a token, and it has not ended. Lite answers a token that is wrong as a fault of its own. */
function isValid(token: string, secret: string): boolean {
  const [head = '', claims = '', signature = ''] = token.split('.')
  const own = createHmac('sha256', secret).update(`${head}.${claims}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (own.length !== given.length || !timingSafeEqual(own, given)) return false
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp?: number }
  return exp !== undefined && exp > Date.now() / 1_000
}

/** With its length, by which lite checks the limit; `null` where it is more than any bucket takes. */
async function readUpload(request: Request): Promise<Request | null> {
  const headers = new Headers(request.headers)
  let body: Uint8Array<ArrayBuffer>
  if (headers.get('content-type')?.startsWith('multipart/form-data')) {
    // As supabase-js sends it.
    const file = [...(await request.formData()).values()].find((value) => typeof value !== 'string')
    body = new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer())
    headers.set('content-type', file?.type || 'application/octet-stream')
  } else body = new Uint8Array(await request.arrayBuffer())
  if (body.length > MAX_BYTES) return null
  headers.set('content-length', String(body.length))
  return new Request(request.url, { method: 'PUT', headers, body })
}

/** A link below `/storage/v1`, under the name that the hosted Storage gives it. */
async function toSigned(response: Response, member: 'url' | 'signedURL'): Promise<Response> {
  if (!response.ok) return response
  const { signedUrl, ...rest } = (await response.json()) as { signedUrl: string }
  return Response.json({ ...rest, [member]: signedUrl.slice(PREFIX.length) }, { headers: headersOf(response) })
}

/** What was asked for of an object, and whether it is to be saved. */
async function toPart(response: Response, range: string | null, download: string | null): Promise<Response> {
  if (response.status !== 200) return response
  const headers = headersOf(response)
  if (download !== null) {
    const name =
      download === ''
        ? ''
        : ` filename="${encodeURIComponent(download)}"; filename*=UTF-8''${encodeURIComponent(download)};`
    headers.set('content-disposition', `attachment;${name}`)
  }
  const asked = /^bytes=(\d*)-(\d*)$/.exec(range ?? '')
  if (!asked) return new Response(response.body, { headers })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const [, first = '', last = ''] = asked
  const from = first === '' ? Math.max(0, bytes.length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? bytes.length - 1 : Math.min(Number(last), bytes.length - 1)
  if (from > to) return refuse(416, 'InvalidRange', 'The requested range is not satisfiable')
  headers.set('content-range', `bytes ${from}-${to}/${bytes.length}`)
  return new Response(bytes.subarray(from, to + 1), { status: 206, headers })
}

function headersOf(response: Response): Headers {
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return headers
}
