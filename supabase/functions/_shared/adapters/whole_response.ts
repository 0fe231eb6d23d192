import type { ModelEvent } from '../domain/model.ts'
import { listOf, objectOf, stringOf, type Json } from './json_values.ts'
import { toModelError, type ResponsesEvent } from './responses_events.ts'
import { otherFormat } from './streamed_response.ts'

/** A body of JSON, where it is a response: an error may come with status 200. */
export function requireResponse(body: unknown): Json {
  const response = objectOf(body)
  if (Array.isArray(response.output)) return response
  if (response.error) throw toModelError(objectOf(response.error).code)
  throw otherFormat('of the Responses API')
}

/** A response that came as JSON where a stream was asked for, read as the stream would have been. */
export function* readWhole(body: unknown, read: (event: ResponsesEvent) => ModelEvent[]): Generator<ModelEvent> {
  const response = requireResponse(body)
  for (const [place, item] of listOf(response.output).map(objectOf).entries()) {
    const id = stringOf(item.id) || `item-${place}`
    const tell = (type: string, part: unknown, index: number, text: unknown) =>
      read({ type, item_id: id, content_index: index, text, refusal: objectOf(part).refusal } as ResponsesEvent)
    for (const [index, part] of listOf(item.summary).map(objectOf).entries())
      yield* tell('response.reasoning_summary_text.done', part, index, part.text)
    for (const [index, part] of listOf(item.content).map(objectOf).entries()) {
      if (part.type === 'refusal') yield* tell('response.refusal.done', part, index, null)
      if (part.type === 'output_text') yield* tell('response.output_text.done', part, index, part.text)
      if (part.type === 'reasoning_text') yield* tell('response.reasoning_text.done', part, index, part.text)
      for (const annotation of listOf(part.annotations))
        yield* read({ type: 'response.output_text.annotation.added', annotation } as ResponsesEvent)
    }
  }
  const status = stringOf(response.status)
  const end = ['incomplete', 'failed'].includes(status) ? status : 'completed'
  yield* read({ type: `response.${end}`, response } as ResponsesEvent)
}
