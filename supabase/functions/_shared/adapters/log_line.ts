import type { RefusedParameter } from './refused_parameters.ts'

/**
 * An error as one line of JSON for the owner's log. A provider's or the database's own message may quote a prompt or a
 * key: of those errors only names and numbers are taken.
 */
export function toLogLine(error: unknown, requestId: string): string {
  return JSON.stringify({ level: 'error', requestId, ...describe(error) })
}

/** What a model does without, as one line of JSON for the owner's log. */
export const toNoteLine = (refused: RefusedParameter): string =>
  JSON.stringify({ level: 'warning', note: 'The model refuses a parameter.', ...refused })

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code, status, requestID } = error as { code?: unknown; status?: unknown; requestID?: unknown }
  return {
    name: error.name,
    code,
    status,
    providerRequestId: requestID,
    // Our own words, and where a fault of ours is.
    message: error.name === 'CodedError' ? error.message : undefined,
    stack:
      code === undefined && status === undefined
        ? error.stack
            ?.split('\n')
            .slice(1, 6)
            .map((line) => line.trim())
        : undefined,
    cause: error.cause === undefined ? undefined : describe(error.cause),
  }
}
