import { startDataApi, type DataApi, type DataApiOptions } from './data_api.ts'

/** A Data API that can be taken off its database, and put back. */
export interface InterruptibleApi extends Pick<DataApi, 'fetch' | 'stop'> {
  /** From now on requests are answered as where there is no database, those under way in at most two seconds. */
  disconnect(): Promise<void>
  connect(): Promise<void>
}

/** Starts a Data API whose connections are closed before the database goes: what asks then is answered at once. */
export async function startInterruptibleApi(options: DataApiOptions): Promise<InterruptibleApi> {
  let connected = await connect(options)
  return {
    fetch: (request, peerAddress) => connected.fetch(request, peerAddress),
    disconnect: () => connected.stop(),
    connect: async () => {
      connected = await connect(options)
    },
    stop: () => connected.stop(),
  }
}

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
