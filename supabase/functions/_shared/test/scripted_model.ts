import type { Model, ModelCall, ModelEvent, StructuredCall } from '../domain/model.ts'
import { turnError } from '../domain/turn_errors.ts'

/** What the model does next: send an event, wait for a promise, or fail with an error. */
export type Step = (ModelEvent & Record<string, unknown>) | Promise<unknown> | Error

/** A model that plays a script, and remembers what it was asked. */
export class ScriptedModel implements Model {
  readonly calls: ModelCall[] = []
  readonly structuredCalls: StructuredCall[] = []
  /** Signals of the streams, in order: aborted ones were told to stop. */
  readonly signals: AbortSignal[] = []
  steps: readonly Step[]
  /** What `generate` answers; an error is thrown, a promise waited for. */
  followUps: string | Error | Promise<string>

  constructor(steps: readonly Step[], followUps: ScriptedModel['followUps'] = turnError('model_unavailable')) {
    this.steps = steps
    this.followUps = followUps
  }

  async *stream(call: ModelCall, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    this.calls.push(call)
    this.signals.push(signal)
    for (const step of this.steps) {
      if (step instanceof Error) throw step
      if (step instanceof Promise) await step
      else yield step
    }
  }

  async generate(call: StructuredCall): ReturnType<Model['generate']> {
    this.structuredCalls.push(call)
    if (this.followUps instanceof Error) throw this.followUps
    return {
      text: await this.followUps,
      usage: { inputTokens: 9, cachedInputTokens: 0, outputTokens: 4, reasoningTokens: 0 },
    }
  }
}

type Event = ModelEvent & Record<string, unknown>

export const created: Event = { type: 'response.created', response: { id: 'resp_1', model: 'gpt-6-luna-2026-09-01' } }

export const textDelta = (delta: string, item = 'msg_1'): Event => ({
  type: 'response.output_text.delta',
  item_id: item,
  output_index: 0,
  content_index: 0,
  delta,
})

export const textDone = (text: string, item = 'msg_1'): Event => ({
  type: 'response.output_text.done',
  item_id: item,
  content_index: 0,
  text,
})

export const completed: Event = {
  type: 'response.completed',
  response: {
    id: 'resp_1',
    model: 'gpt-6-luna-2026-09-01',
    output: [{ type: 'message', id: 'msg_1' }],
    usage: {
      input_tokens: 20,
      input_tokens_details: { cached_tokens: 5 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
    },
  },
}

export const incomplete = (reason: string): Event => ({
  type: 'response.incomplete',
  response: { id: 'resp_1', model: 'gpt-6-luna', incomplete_details: { reason }, output: [], usage: null },
})

export const failed = (code: string): Event => ({
  type: 'response.failed',
  response: { id: 'resp_1', model: 'gpt-6-luna', error: { code, message: 'secret words sk-live-123' }, output: [] },
})

/** An answer of these pieces, as the Responses API sends it. */
export const answering = (...pieces: string[]): Step[] => [
  created,
  ...pieces.map((piece) => textDelta(piece)),
  textDone(pieces.join('')),
  completed,
]

/** A promise, and the function that keeps it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
