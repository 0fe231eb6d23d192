import { AsyncLocalStorage } from 'node:async_hooks'
import { sql, type Kysely } from 'kysely'
import type { PostgresType } from 'postgres'
import { createDiskStorage } from './disk_storage.ts'
import { mendError } from './data_api_errors.ts'
import type { Keys } from './keys.ts'
import { App, createPostgresConnection, setExperimental } from './lite.ts'
import { APPLICATION_NAME } from './postgres.ts'
import { readArguments } from './rpc_arguments.ts'
import { createStorageRequests } from './storage_requests.ts'

export interface DataApiOptions {
  /** Of the superuser: the roles of requests are taken on by `set role`. */
  adminUrl: string
  keys: Keys
  /** Schemas that the Data API serves; a request that names none means the first. */
  schemas: readonly string[]
  /** Where Storage keeps its files. */
  filesDir: string
  siteUrl: string
}

export interface DataApi {
  fetch(request: Request, peerAddress: string | null): Promise<Response>
  /** Makes the tables of Auth and Storage. Needed once per cluster. */
  createSchemas(): Promise<void>
  stop(): Promise<void>
}

/** What of a Data API request SQL may see. */
interface RequestContext {
  method: string
  path: string
  headers: Record<string, string>
  schema: string
  /** What the database refused with, where it did. */
  error?: unknown
}

/** Hosted limits by role, as in `bootstrap.sql`. PostgREST applies a role's settings itself; `set role` does not. */
const STATEMENT_TIMEOUT: Readonly<Record<string, string>> = { anon: '3s', authenticated: '8s', service_role: '8s' }

/**
 * PostgREST, Auth and Storage as `@supabase/lite` speaks them, made as strict as the hosted ones: a request sees its
 * headers in SQL whatever it asks for, no grant is given that no migration gave, and nothing works without a key.
 */
export async function startDataApi(options: DataApiOptions): Promise<DataApi> {
  setExperimental('storage', true)
  const requests = new AsyncLocalStorage<RequestContext>()
  const connection = createPostgresConnection({
    url: options.adminUrl,
    postgresOptions: {
      max: 10,
      // Else requests wait up to 20 seconds for a database that is back.
      backoff: () => 0.1,
      onnotice: () => {},
      connection: { application_name: APPLICATION_NAME },
      types: { json: jsonType(114), jsonb: jsonType(3802), ...TEXT_TYPES },
    },
  })
  const { normalizeDbError } = connection
  replaceMethods(connection, {
    ...hostedMethods(requests),
    normalizeDbError: (error) => {
      const normalized = normalizeDbError.call(connection, error)
      const request = requests.getStore()
      if (request) request.error = normalized
      return normalized
    },
  })

  const app = new App({
    connection,
    api: { schemas: [...options.schemas], extra_search_path: ['public', 'extensions'], max_rows: 1000 },
    auth: {
      enabled: true,
      jwt_secret: options.keys.jwtSecret,
      publishable_key: options.keys.publishableKey,
      secret_key: options.keys.secretKey,
      site_url: options.siteUrl,
      email: { enable_signup: true, enable_confirmations: false },
    },
    storage: { enabled: true, file_size_limit: '50MiB' },
    // The Supabase CLI keeps the history of migrations.
    db: { migrations: { enabled: false } },
    options: { server: { admin: false, disableStudio: true, disableFallback: true } },
  })
  // oxlint-disable-next-line no-underscore-dangle -- its name in lite
  app._storageAdapter = createDiskStorage(options.filesDir)
  await quietly(() => app.init())

  // Read before the first request comes, and again after `notify pgrst, 'reload schema'`, as PostgREST does.
  const readSchema = async (): Promise<void> => {
    await connection.clearSchemaCache()
    await quietly(() => connection.introspect())
  }
  await readSchema()
  await connection.driver.listen('pgrst', () => void readSchema())
  const answerStorage = createStorageRequests(options.keys.jwtSecret)

  return {
    fetch: (request, peerAddress) => {
      const answer = (asked: Request): Promise<Response> => quietly(() => app.fetch(asked, { peerAddress }))
      if (new URL(request.url).pathname.startsWith('/storage/v1/')) return answerStorage(request, answer)
      const context = toRequestContext(request, options.schemas)
      if (!context) return answer(request)
      return requests.run(context, async () => {
        const { functions = [] } = await connection.introspect({ useCache: true })
        return mendError(await answer(await readArguments(request, context.schema, functions)), context.error)
      })
    },
    createSchemas: () => app.ensureSystemSchema(),
    stop: () => connection.driver.end({ timeout: 2 }),
  }
}

/**
 * Lite hands JSON over as text, and its driver would make a JSON string of that text. What is no JSON yet is a string
 * that a caller sent.
 */
function jsonType(oid: number): PostgresType<unknown> {
  return { to: oid, from: [oid], serialize: toJson, parse: (text: string): unknown => JSON.parse(text) }
}

const toJson = (value: unknown): string => (typeof value === 'string' && isJson(value) ? value : JSON.stringify(value))

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What callers send of these types is PostgreSQL's to read, and to refuse. The driver would guess, or throw. */
const textType = (from: readonly number[], parse: (text: string) => unknown): PostgresType<unknown> => ({
  to: from[0]!,
  from: [...from],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse,
})

const TEXT_TYPES = {
  boolean: textType([16], (text) => text === 't'),
  bytea: textType([17], (text) => text),
  number: textType([21, 23, 26, 700, 701], Number),
  date: textType([1184, 1082, 1114], (text) => new Date(text)),
}

const quiet = new AsyncLocalStorage<true>()
let hushed = false

/** Lite prints every error that it also answers with, such as each refusal that SQL raises, with its stack. */
function quietly<T>(run: () => Promise<T>): Promise<T> {
  if (!hushed) {
    hushed = true
    for (const method of ['error', 'warn'] as const) {
      const print = console[method].bind(console)
      console[method] = (...args: unknown[]) => {
        if (!quiet.getStore()) print(...args)
      }
    }
  }
  return quiet.run(true, run)
}

/** `null` where the request is not the Data API's: Auth and Storage give SQL no headers. */
function toRequestContext(request: Request, schemas: readonly string[]): RequestContext | null {
  const { pathname } = new URL(request.url)
  if (!pathname.startsWith('/rest/v1/')) return null
  const reads = request.method === 'GET' || request.method === 'HEAD'
  return {
    method: request.method,
    path: pathname.slice('/rest/v1'.length),
    headers: Object.fromEntries(request.headers),
    // A schema that is not exposed is refused later on.
    schema:
      schemas.find((schema) => schema === request.headers.get(reads ? 'accept-profile' : 'content-profile')) ??
      schemas[0] ??
      'public',
  }
}

/** Lite's own type for it is empty. */
interface VarsContext {
  auth?: { role?: unknown; jwt?: unknown }
  storage?: { operation?: unknown }
}

/** The methods of lite's connection that are replaced here. They are private there, so their names are checked. */
interface HostedMethods {
  ensureRlsContext(): Promise<boolean>
  applyJwtSessionContext(db: Kysely<unknown>, vars: VarsContext, setRole: boolean): Promise<void>
  applyRpcRequestGucs(db: Kysely<unknown>): Promise<void>
  normalizeDbError(error: unknown): unknown
}

function replaceMethods(connection: object, methods: HostedMethods): void {
  for (const name of Object.keys(methods))
    if (!(name in connection)) throw new Error(`@supabase/lite has changed: its connection has no ${name}().`)
  Object.assign(connection, methods)
}

function hostedMethods(requests: AsyncLocalStorage<RequestContext>): Omit<HostedMethods, 'normalizeDbError'> {
  return {
    // Lite's own grants everything on every table to all three roles here. Row security is always on.
    ensureRlsContext: () => Promise.resolve(true),
    async applyJwtSessionContext(db, vars) {
      const role = String(vars.auth?.role ?? 'anon')
      const claims = JSON.stringify(vars.auth?.jwt ?? { role })
      const request = requests.getStore()
      const reads = request?.method === 'GET' || request?.method === 'HEAD'
      // The role comes last: it may lack the rights that the settings before it need.
      await sql`
        select
          set_config('request.jwt.claims', ${claims}, true),
          set_config('request.method', ${request?.method ?? ''}, true),
          set_config('request.path', ${request?.path ?? ''}, true),
          set_config('request.headers', ${request ? JSON.stringify(request.headers) : ''}, true),
          set_config('request.cookies', '{}', true),
          set_config('response.status', '', true),
          set_config('response.headers', '', true),
          set_config('storage.operation', ${String(vars.storage?.operation ?? '')}, true),
          set_config('search_path', ${request ? `"${request.schema}", public, extensions` : 'public, extensions'}, true),
          set_config('statement_timeout', ${STATEMENT_TIMEOUT[role] ?? '8s'}, true),
          set_config('transaction_read_only', ${reads ? 'on' : 'off'}, true),
          set_config('role', ${role}, true)
      `.execute(db)
    },
    // All of it is in the statement above.
    applyRpcRequestGucs: () => Promise.resolve(),
  }
}
