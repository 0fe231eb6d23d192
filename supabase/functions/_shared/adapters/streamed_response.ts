import { CodedError } from '../domain/coded_error.ts'
import { turnError } from '../domain/turn_errors.ts'

/** A request of the client's that is to be answered with a stream. */
interface StreamedRequest<Event> {
  withResponse(): Promise<{ data: AsyncIterable<Event>; response: Response }>
}

/** What was answered: a stream, as was asked for, or, by some providers, the whole answer as JSON. */
export type Answered<Event> = { events: AsyncIterable<Event> } | { whole: unknown }

/** @throws CodedError `model_unavailable` where a web page answered, as at an address that is no API's */
export async function readAnswer<Event>(request: StreamedRequest<Event>): Promise<Answered<Event>> {
  const { data, response } = await request.withResponse()
  const type = response.headers.get('content-type') ?? ''
  if (/\bjson\b/i.test(type)) return { whole: await response.json() }
  if (!/\bhtml\b/i.test(type)) return { events: data }
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
