import { CodedError } from '../domain/coded_error.ts'
import { turnError } from '../domain/turn_errors.ts'
import { readEvents } from './event_stream.ts'

/** A request of the client's that is to be answered with a stream. */
interface StreamedRequest {
  asResponse(): Promise<Response>
}

/** What was answered: a stream, as was asked for, or, by some providers, the whole answer as JSON. */
export type Answered = { events: AsyncIterable<readonly unknown[]> } | { whole: unknown }

/**
 * Its body is read here: the client's own reader takes each event by itself, through many hands.
 * @throws CodedError `model_unavailable` where a web page answered, as at an address that is no API's
 */
export async function readAnswer(request: StreamedRequest): Promise<Answered> {
  const response = await request.asResponse()
  const type = response.headers.get('content-type') ?? ''
  if (/\bjson\b/i.test(type)) return { whole: await response.json() }
  if (!/\bhtml\b/i.test(type)) return { events: readEvents(response) }
  await response.body?.cancel()
  throw turnError('model_unavailable', { cause: new Error('The address answers with a web page.') })
}

/** Said in the log of an answer of which nothing was understood. */
export const otherFormat = (expected: string): CodedError =>
  turnError('model_stream_broken', {
    cause: new CodedError(
      'model_stream_broken',
      `Nothing of the answer is ${expected}: its address may speak another wire format.`,
    ),
  })
