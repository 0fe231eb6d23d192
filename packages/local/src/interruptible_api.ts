import { startDataApi, type DataApi, type DataApiOptions } from './data_api.ts'

/** A Data API that can be taken off its database, and put back. */
export interface InterruptibleApi extends Pick<DataApi, 'fetch' | 'stop'> {
  /** From now on requests are answered as where there is no database, those under way in at most two seconds. */
  disconnect(): Promise<void>
  connect(): Promise<void>
}

/**
 * Starts a Data API whose connections are closed before the database goes: where a connection closes under a write, the
 * driver throws where nobody can catch it, and the process ends (https://github.com/porsager/postgres/issues/1154).
 */
export async function startInterruptibleApi(options: DataApiOptions): Promise<InterruptibleApi> {
  let api: DataApi | null = await startDataApi(options)
  const disconnect = async (): Promise<void> => {
    const connected = api
    api = null
    await connected?.stop()
  }
  return {
    fetch: (request, peerAddress) => (api ? api.fetch(request, peerAddress) : Promise.resolve(withoutDatabase())),
    disconnect,
    connect: async () => {
      api ??= await startDataApi(options)
    },
    stop: disconnect,
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
