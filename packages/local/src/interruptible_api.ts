import { setTimeout as delay } from 'node:timers/promises'
import { startDataApi, type DataApi, type DataApiOptions } from './data_api.ts'

/** A Data API that can be taken off its database, and put back. */
export interface InterruptibleApi extends Pick<DataApi, 'fetch' | 'stop'> {
  /** From now on requests are answered as where there is no database, those under way in at most two seconds. */
  disconnect(): Promise<void>
  connect(): Promise<void>
}

/**
 * Starts a Data API whose connections are closed before the database goes: where a connection closes under a write, the
 * driver throws where nobody can catch it (https://github.com/porsager/postgres/issues/1154). Where a connection goes by
 * itself, as when one of PostgreSQL's processes is ended, that is caught for the process, and all connections are made anew:
 * the driver has lost count of them.
 */
export async function startInterruptibleApi(options: DataApiOptions): Promise<InterruptibleApi> {
  let connected = await connect(options)
  let isWanted = true
  let mending: Promise<void> | null = null

  async function reconnect(): Promise<void> {
    // Once: it remembers that it was stopped.
    await connected.stop()
    const next = await connect(options).catch(() => null)
    if (!isWanted) return next?.stop()
    if (next) return void (connected = next)
    await delay(RECONNECT_MS)
    return reconnect()
  }
  const forget = onDriverFault(() => {
    mending ??= reconnect().finally(() => (mending = null))
  })
  const disconnect = async () => {
    isWanted = false
    await mending
    await connected.stop()
  }
  return {
    fetch: (request, peerAddress) => connected.fetch(request, peerAddress),
    disconnect,
    connect: async () => {
      isWanted = true
      connected = await connect(options)
    },
    stop: () => disconnect().finally(forget),
  }
}

/** While PostgreSQL recovers. */
const RECONNECT_MS = 200

const isDriverFault = (error: unknown): boolean =>
  error instanceof TypeError && /[\\/]postgres[\\/](src|cjs[\\/]src)[\\/]connection\.js/.test(error.stack ?? '')

/** Calls `mend` where the driver threw to nobody. Any other such error ends the process, as it would without this. */
function onDriverFault(mend: () => void): () => void {
  const handle = (error: unknown) => {
    if (isDriverFault(error)) mend()
    else if (process.listeners('uncaughtException').every((listener) => handlers.has(listener))) throw error
  }
  handlers.add(handle)
  process.on('uncaughtException', handle)
  return () => {
    handlers.delete(handle)
    process.off('uncaughtException', handle)
  }
}

/** Of all stacks in this process. */
const handlers = new Set<unknown>()

async function connect(options: DataApiOptions): Promise<Pick<DataApi, 'fetch' | 'stop'>> {
  const api = await startDataApi(options)
  const { promise: stopped, resolve: saysStopped } = Promise.withResolvers<void>()
  let stopping: Promise<void> | null = null
  return {
    fetch: (request, peerAddress) =>
      stopping
        ? Promise.resolve(withoutDatabase())
        : // The driver may forget a query that was under way when it was closed.
          Promise.race([api.fetch(request, peerAddress), stopped.then(withoutDatabase)]),
    stop: () => (stopping ??= api.stop().then(saysStopped)),
  }
}

/** As PostgREST says it. */
const withoutDatabase = (): Response =>
  Response.json(
    {
      code: 'PGRST000',
      details: 'The database is stopped.',
      hint: null,
      message: 'Database connection error. Retrying the connection.',
    },
    { status: 503, headers: { 'access-control-allow-origin': '*' } },
  )
