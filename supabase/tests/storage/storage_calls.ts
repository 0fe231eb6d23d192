import { workerStack } from '../../../packages/local/test/worker_stack.ts'

/**
 * The project whose Storage is asked: that of `LOACL_STORAGE_URL`, with its secret and its publishable key, or the local
 * one. See docs/files.md.
 */
function readProject(): { url: string; secretKey: string; publishableKey: string } {
  const {
    LOACL_STORAGE_URL: url,
    LOACL_STORAGE_SECRET_KEY: secretKey,
    LOACL_STORAGE_PUBLISHABLE_KEY: publishableKey,
  } = process.env
  if (url && secretKey && publishableKey) return { url: url.replace(/\/$/, ''), secretKey, publishableKey }
  const stack = workerStack()
  return { url: stack.apiUrl, secretKey: stack.secretKey, publishableKey: stack.publishableKey }
}

export interface Refusal {
  status: number
  /** What Storage itself calls it. */
  statusCode: string
}

const withKey = (key: string | null): Record<string, string> =>
  key === null ? {} : { apikey: key, authorization: `Bearer ${key}` }

/** Storage's REST API, as the functions and browsers speak it. */
export function createStorageCalls() {
  const { url, secretKey, publishableKey } = readProject()
  const storage = `${url}/storage/v1`
  const asJson = (body: unknown): RequestInit => ({
    method: 'POST',
    headers: { ...withKey(secretKey), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

  return {
    publishableKey,
    get: (path: string, headers: Record<string, string> = {}, key: string | null = null) =>
      fetch(storage + path, { headers: { ...withKey(key), ...headers } }),
    read: (bucket: string, path: string) =>
      fetch(`${storage}/object/${bucket}/${path}`, { headers: withKey(secretKey) }),
    readBucket: async (id: string) =>
      (await (await fetch(`${storage}/bucket/${id}`, { headers: withKey(secretKey) })).json()) as Record<
        string,
        unknown
      >,
    createBucket: (id: string, limits: object) =>
      fetch(`${storage}/bucket`, asJson({ id, name: id, public: false, ...limits })),
    async removeBucket(id: string): Promise<void> {
      await fetch(`${storage}/bucket/${id}/empty`, { method: 'POST', headers: withKey(secretKey) })
      await fetch(`${storage}/bucket/${id}`, { method: 'DELETE', headers: withKey(secretKey) })
    },
    signUpload: (bucket: string, path: string, key = secretKey) =>
      fetch(`${storage}/object/upload/sign/${bucket}/${path}`, {
        method: 'POST',
        headers: { ...withKey(key), 'content-type': 'application/json' },
        body: '{}',
      }),
    sign: (bucket: string, path: string, expiresIn: number, key = secretKey) =>
      fetch(`${storage}/object/sign/${bucket}/${path}`, {
        ...asJson({ expiresIn }),
        headers: { ...withKey(key), 'content-type': 'application/json' },
      }),
    /** As a browser does, without a key. */
    put: (link: string, body: BodyInit, mediaType = 'image/png', more: RequestInit = {}) =>
      fetch(storage + link, {
        method: 'PUT',
        headers: { 'content-type': mediaType, origin: 'https://shop.example' },
        body,
        ...more,
      }),
    preflight: (link: string) =>
      fetch(storage + link, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://shop.example',
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'content-type',
        },
      }),
    remove: (bucket: string, path: string) =>
      fetch(`${storage}/object/${bucket}`, { ...asJson({ prefixes: [path] }), method: 'DELETE' }),
    async refusalOf(response: Response): Promise<Refusal> {
      const { statusCode } = (await response.json()) as { statusCode?: unknown }
      return { status: response.status, statusCode: String(statusCode) }
    },
  }
}
