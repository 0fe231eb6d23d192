import { KeyRingError } from '@loacl/sealing'
import type { ToolError } from '@loacl/wire'
import { CodedError } from '../domain/coded_error.ts'
import { TooMuchOutput } from '../domain/output_limits.ts'

/** Why a call of a tool brought nothing. `message` is for the owner, and holds no secret. */
export class ToolFailure extends Error {
  override name = 'ToolFailure' as const
  readonly code: ToolError
  constructor(code: ToolError, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What any error on the way to a tool and back means. */
function toToolFailure(error: unknown): ToolFailure {
  if (error instanceof ToolFailure) return error
  const failure = (code: ToolError, message: string) => new ToolFailure(code, message, { cause: error })
  if (isTooMuch(error)) return failure('tool_result_too_large', 'It answered with more than it may.')
  if (error instanceof SyntaxError) return failure('tool_result_invalid', 'Its answer can’t be read.')
  if (error instanceof KeyRingError)
    return failure('tool_unreachable', 'Its secret can’t be opened: it, or the address that it is for, was changed.')
  if (error instanceof CodedError && error.code === 'provider_key_unusable')
    return failure(
      'tool_unreachable',
      'Its address may not be called: it must be HTTPS on a public host, or one that LOACL_PRIVATE_HOSTS lists.',
    )
  return failure('tool_unreachable', 'It can’t be reached at its address, redirects elsewhere, or broke off.')
}

/** A platform may wrap what a body fails with. */
const isTooMuch = (error: unknown): boolean =>
  error instanceof TooMuchOutput || (error instanceof Error && error.cause !== undefined && isTooMuch(error.cause))

/**
 * Does some work within a time.
 * @throws ToolFailure always this; `stopped` where the signal is aborted, `tool_timeout` where the time is over
 */
export async function withinTime<Result>(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, late])
  const left = new AbortController()
  // What does not listen to the signal, such as a look-up of a name, is not waited for.
  const aborted = new Promise<never>((_, reject) => {
    const leave = () => reject(either.reason as Error)
    if (either.aborted) leave()
    either.addEventListener('abort', leave, { signal: left.signal })
  })
  try {
    return await Promise.race([work(either), aborted])
  } catch (error) {
    if (signal.aborted) throw new ToolFailure('stopped', 'It was stopped.', { cause: error })
    if (late.aborted) throw new ToolFailure('tool_timeout', 'It took longer than it may.', { cause: error })
    throw toToolFailure(error)
  } finally {
    left.abort()
  }
}
