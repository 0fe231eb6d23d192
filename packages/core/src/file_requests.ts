import { type FileLink, fits, type Shape, TEXT } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import { LoaclError } from './errors.ts'
import type { ActionTools } from './follow_threads.ts'
import { backOff, isTransient, withRetries } from './retry.ts'
import { withTimeout } from './timeout.ts'
import type { Abortable } from './types.ts'

/** A file is worth waiting for: some 30 seconds. */
const MAX_FAILURES = 7
/** The longest that a timer takes: each request has a timeout of its own. */
const NEVER_MS = 2_147_483_647

/** Does something for a visitor until they are dropped or the caller's signal is aborted, which rejects at once. */
export const whileWanted = <T>(
  client: ClientContext,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => withTimeout([client.lifetime(), signal], work, NEVER_MS)

/** @param isSafe whether the same may be asked again whatever failed: else only where nothing of ours has answered */
export const withPatience = <T>(work: () => Promise<T>, signal: AbortSignal, isSafe: boolean): Promise<T> =>
  withRetries(work, {
    limit: MAX_FAILURES,
    when: (error) => isTransient(error, isSafe),
    before: (error, failures) => backOff(failures, signal, (error as LoaclError).retryAfterMs),
  })

/** Asks the function about files. @param body `null` deletes */
export const ask = <T>(
  client: ClientContext,
  path: string,
  body: object | null,
  shape: Shape,
  signal: AbortSignal,
  isSafe: boolean,
): Promise<T> =>
  withPatience(
    () =>
      withTimeout([signal], async (connection) => {
        const response = await client.chat(`files${path}`, body, connection)
        const value: unknown = response.status === 204 ? {} : await response.json()
        if (fits(value, shape)) return value as T
        throw new LoaclError('response_malformed', undefined, { status: response.status })
      }),
    signal,
    isSafe,
  )

export const pathOf = (id: string): string => `/${encodeURIComponent(id)}`

/** Below the project's address. */
export function toAbsolute({ options }: ClientContext, path: string): string {
  const root =
    'url' in options ? options.url : options.supabase.schema('loacl' as never).url.replace(/rest\/v1\/?$/, '')
  return `${root.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
}

export const link = (
  client: ClientContext,
  _: ActionTools,
  id: string,
  { signal, download = false }: Abortable & { download?: boolean | undefined } = {},
): Promise<FileLink> =>
  whileWanted(client, signal, async (wanted) => {
    const shape = { url: TEXT, expiresAt: TEXT } as const
    const { url, expiresAt } = await ask<FileLink>(client, `${pathOf(id)}/link`, { download }, shape, wanted, false)
    return { url: toAbsolute(client, url), expiresAt }
  })

export const remove = (client: ClientContext, _: ActionTools, id: string, { signal }: Abortable = {}): Promise<void> =>
  whileWanted(client, signal, async (wanted) => void (await ask(client, pathOf(id), null, {}, wanted, true)))
