import { createEgress } from '../adapters/egress.ts'
import { createProviderModel } from '../adapters/provider_model.ts'
import type { RefusedParameter } from '../adapters/refused_parameters.ts'
import { createStepReader } from '../domain/step_reader.ts'
import { toCodedError } from '../domain/coded_error.ts'
import type { ModelCall } from '../domain/model.ts'
import type { StreamPart } from '@loacl/wire'

type Respond = (body: Record<string, unknown>) => Response | Promise<Response>

/** A provider at the network's edge: it answers each request, in turn and the last one again, and remembers all. */
export function createProvider(...answers: readonly [Respond, ...Respond[]]) {
  const requests: { request: Request; body: Record<string, unknown> }[] = []
  const notes: RefusedParameter[] = []
  const model = createProviderModel({
    egress: createEgress({
      privateHosts: [],
      fetch: async (input, init) => {
        const request = new Request(input, init)
        const body = (await request.json()) as Record<string, unknown>
        requests.push({ request, body })
        return (answers[requests.length - 1] ?? answers.at(-1)!)(body)
      },
    }),
    defaultBaseUrl: 'https://api.openai.com/v1',
    note: (refused) => notes.push(refused),
  })

  /** What becomes of an answer on its whole way to parts. */
  async function ask(call: ModelCall, signal = new AbortController().signal) {
    const reader = createStepReader({ eventBytes: 1_000_000 })
    const parts: StreamPart[] = []
    let error: ReturnType<typeof toCodedError> | null = null
    try {
      for await (const event of model.stream(call, signal)) parts.push(...reader.read(event))
    } catch (caught) {
      error = toCodedError(caught)
    }
    parts.push(...reader.close())
    const said = (type: StreamPart['type']) =>
      parts.map((part) => (part.type === type && 'delta' in part ? part.delta : '')).join('')
    const end = reader.end
    return {
      parts,
      text: said('text-delta'),
      reasoning: said('reasoning-delta'),
      end,
      details: reader.details,
      /** However it was told: thrown, or as the stream's own end. */
      error: end?.state === 'failed' ? end.error : error,
    }
  }
  return { model, ask, requests, notes }
}

type Sent = string | { comment: string } | object

/** Events as they are sent; a text is sent as it stands. */
export const sse = (...events: readonly Sent[]): Response =>
  new Response(events.map(toFrame).join(''), { headers: { 'content-type': 'text/event-stream' } })

function toFrame(event: Sent): string {
  if (typeof event === 'string') return `data: ${event}\n\n`
  if ('comment' in event) return `: ${String(event.comment)}\n\n`
  return `data: ${JSON.stringify(event)}\n\n`
}
