import type { ErrorCode } from '@loacl/wire'
import { CodedError, toCodedError } from './coded_error.ts'
import type { Model, ModelCall, ModelEvent } from './model.ts'
import { TooMuchOutput } from './output_limits.ts'
import type { GivenUpCall } from './store.ts'
import { turnError } from './turn_errors.ts'
import { untilAborted } from './until_aborted.ts'

/** Whom one step asks: `fallback` where the first is down. */
export interface StepCalls {
  first: ModelCall
  fallback: (() => Promise<ModelCall>) | null
}

/** Why a call brought no word, and what its provider said of it. */
export interface Failure extends Omit<GivenUpCall, 'errorCode'> {
  error: CodedError
}

/** How long a provider may send nothing at all before it counts as down. Models that think say at once that they have begun. */
const FIRST_EVENT_MS = 20_000

/** No connection, a server's fault or no room: another provider may do better. What is wrong with the request stays wrong. */
const DOWN: ReadonlySet<ErrorCode> = new Set(['model_unavailable', 'model_rate_limited', 'model_stream_broken'])
const isDown = (error: unknown): boolean => DOWN.has(toCodedError(error).code) && !(error instanceof TooMuchOutput)

/** What a visitor is shown, or what the turn acts upon: from there on the answer is the first's. */
const isWord = ({ type }: ModelEvent): boolean => type !== 'response' && type !== 'item'

const isResponse = (event: ModelEvent): event is Extract<ModelEvent, { type: 'response' }> => event.type === 'response'

/**
 * What the model says, or the fallback where the first is down before its first word.
 *
 * @param onDown told of the first's failure: it may be charged for
 * @param onFallback told of the call that is made instead
 */
export async function* askModel(
  { first, fallback }: StepCalls,
  model: Model,
  signal: AbortSignal,
  onDown: (failure: Failure) => void,
  onFallback: (call: ModelCall) => void,
): AsyncGenerator<ModelEvent, void, undefined> {
  if (!fallback) return yield* model.stream(first, signal)
  const failure = yield* tryFirst(first, model, signal)
  if (!failure || signal.aborted) return
  onDown(failure)
  const call = await fallback()
  onFallback(call)
  yield* model.stream(call, signal)
}

/** Gives why the provider is down, `null` where it isn't. Holds back what comes before the first word. */
async function* tryFirst(
  call: ModelCall,
  model: Model,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, Failure | null, undefined> {
  const attempt = new AbortController()
  const leave = () => attempt.abort()
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  const timer = setTimeout(leave, FIRST_EVENT_MS)
  const held: ModelEvent[] = []
  let isSpoken = false
  const failedBy = (error: CodedError): Failure => {
    const { responseId = null, model: named = null, usage = null } = held.findLast(isResponse) ?? {}
    return { error, responseId, model: named, usage }
  }
  try {
    for await (const event of untilAborted(model.stream(call, attempt.signal), attempt.signal)) {
      clearTimeout(timer)
      if (!isSpoken && event.type === 'end' && event.end.state === 'failed' && isDown(event.end.error))
        return failedBy(event.end.error)
      isSpoken ||= isWord(event)
      held.push(event)
      if (isSpoken) yield* held.splice(0)
    }
  } catch (error) {
    if (isSpoken || !isDown(error)) throw error
    return failedBy(toCodedError(error))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
  if (isSpoken) return null
  return failedBy(
    attempt.signal.aborted
      ? turnError('model_unavailable', {
          cause: new CodedError('model_unavailable', 'The provider sent nothing in time.'),
        })
      : turnError('model_stream_broken'),
  )
}
