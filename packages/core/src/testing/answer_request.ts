import { CHAT_FUNCTION, ERROR_STATUS, FUNCTIONS_PATH, SESSION_HEADER } from '@loacl/wire'
import { answerStorage, storageError } from './answer_storage.ts'
import { RPC } from '../project_client.ts'
import { CHAT_ROUTES, type ChatRoute } from './chat_function.ts'
import { ArgumentError, type Args, DATABASE_FUNCTIONS, type DatabaseFunctionName } from './data_api.ts'
import type { ProjectState } from './project_state.ts'
import { json, Refusal, toDataApiResponse, toFunctionResponse } from './refusal.ts'
import { readStoragePath } from './stored_file.ts'
import type { Caller } from './visitors.ts'

/**
 * What a client can ask of a project: a function of the database, a route of the function `loacl-chat`, or to send a file's
 * bytes to Storage.
 */
export type RequestName = DatabaseFunctionName | ChatRoute | 'PUT upload'

export interface TestRequest {
  name: RequestName
  headers: Headers
  /** Of JSON; `null` where there is none. */
  body: unknown
}

const CHAT = `${FUNCTIONS_PATH}${CHAT_FUNCTION}/`

interface Asked {
  isDatabase: boolean
  /** `null` where a project has nothing of this name. */
  name: RequestName | null
  turnId: string
  /** The path of a route of `loacl-chat`. */
  route: string
}

const toName = (table: object, name: string): RequestName | null =>
  Object.hasOwn(table, name) ? (name as RequestName) : null

/** What a request asks for; `null` where it is not LOACL's. */
function readRequest({ method, headers, url }: Request, root: string): Asked | null {
  const path = url.startsWith(root) ? url.slice(root.length).replace(/\?.*/s, '') : ''
  if (path.startsWith(RPC) && (method === 'OPTIONS' || headers.get('content-profile') === 'loacl'))
    return { isDatabase: true, name: toName(DATABASE_FUNCTIONS, path.slice(RPC.length)), turnId: '', route: '' }
  if (!path.startsWith(CHAT)) return null
  const turnId = /(?:turns|messages|calls|files)\/([^/]+)/.exec(path)?.[1] ?? ''
  const route = path.slice(CHAT.length).replace(/^(turns|messages|calls|files)\/[^/]+/, '$1/:id')
  return { isDatabase: false, name: toName(CHAT_ROUTES, `${method} ${route}`), turnId, route }
}

const hasPath = (route: string): boolean => Object.keys(CHAT_ROUTES).some((name) => name.endsWith(` ${route}`))

export interface Answering {
  root: string
  key: string
  state: ProjectState
  /** Is told of each request; throws what it is to fail with. */
  onRequest(request: TestRequest): void
}

/** Answers a request as a project does; `null` where it is not LOACL's. A response of the type `error` is no response. */
export async function answerRequest(
  request: Request,
  answering: Answering,
  signal: AbortSignal = request.signal,
): Promise<Response | null> {
  const path = request.url.startsWith(answering.root) ? request.url.slice(answering.root.length) : ''
  const isStorage = readStoragePath(path) !== null
  const asked = readRequest(request, answering.root)
  if (!asked && !isStorage) return null
  if (request.method === 'OPTIONS') return withCors(request, new Response(null, { status: 204 }))
  if (!asked) return await askStorage(request, path, answering)
  const body = await request.text()
  try {
    return withCors(request, answer(request, body, asked, answering, signal))
  } catch (error) {
    if (error instanceof Refusal && error.code === 'network') return Response.error()
    return withCors(request, asked.isDatabase ? toDatabaseError(error) : toFunctionResponse(toRefusal(error)))
  }
}

async function askStorage(request: Request, path: string, { state, onRequest }: Answering): Promise<Response> {
  try {
    if (request.method === 'PUT') onRequest({ name: 'PUT upload', headers: request.headers, body: null })
    return withCors(request, await answerStorage(request, path, state))
  } catch (error) {
    const { code } = toRefusal(error)
    return code === 'network' ? Response.error() : withCors(request, storageError(ERROR_STATUS[code], code))
  }
}

function answer(
  request: Request,
  body: string,
  { isDatabase, name, turnId, route }: Asked,
  { key, state, onRequest }: Answering,
  signal: AbortSignal,
): Response {
  const { headers } = request
  if (name === null) throw new Refusal(hasPath(route) ? 'method_not_allowed' : 'not_found')
  onRequest({ name, headers, body: parse(body) })
  if (headers.get('apikey') !== key) throw new Refusal('key_rejected')
  const caller: Caller = { token: headers.get(SESSION_HEADER), userId: userOf(headers, key, state) }
  if (isDatabase) return json(DATABASE_FUNCTIONS[name as DatabaseFunctionName](state, caller, parse(body) as Args))
  const after = new URL(request.url).searchParams.get('after') ?? '0'
  return CHAT_ROUTES[name as ChatRoute]({ state, caller, turnId, after, body, signal })
}

function userOf(headers: Headers, key: string, state: ProjectState): string | null {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (bearer === undefined || bearer === key) return null
  const userId = state.accessTokens.get(bearer)
  if (userId === undefined) throw new Refusal('access_token_invalid')
  return userId
}

/** What is no refusal is a fault in here, and is told like one of a project's. */
const toRefusal = (error: unknown): Refusal =>
  error instanceof Refusal ? error : new Refusal('internal', `The test project failed: ${error}`)

const plain = (status: number, code: string, message: string): Response =>
  json({ code, message, details: null, hint: null }, status)

/** Some are PostgREST's or the gateway's own, and have none of LOACL's codes. */
function toDatabaseError(error: unknown): Response {
  if (error instanceof ArgumentError) return plain(400, '22P02', error.message)
  const refusal = toRefusal(error)
  if (refusal.code === 'key_rejected') return json({ message: 'Invalid API key' }, 401)
  if (refusal.code === 'access_token_invalid') return plain(401, 'PGRST301', refusal.message)
  if (refusal.code === 'not_found') return plain(404, 'PGRST202', refusal.message)
  return toDataApiResponse(refusal)
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function withCors(request: Request, response: Response): Response {
  const { headers } = response
  headers.set('access-control-allow-origin', request.headers.get('origin') ?? '*')
  headers.set('access-control-allow-headers', request.headers.get('access-control-request-headers') ?? '*')
  headers.set('access-control-allow-methods', 'GET, POST, PUT, DELETE, OPTIONS')
  headers.set('access-control-expose-headers', 'x-request-id, retry-after')
  return response
}
