import type { CutReason } from '@loacl/wire'
import type { Model, ModelCall, ModelCitation, ModelEvent, StructuredCall } from '../domain/model.ts'
import { turnError } from '../domain/turn_errors.ts'

/** What the model does next: send an event, wait for a promise, or fail with an error. */
export type ScriptStep = ModelEvent | Promise<unknown> | Error

/** A model that plays a script for each call, the last one again, and remembers what it was asked. */
export class ScriptedModel implements Model {
  readonly calls: ModelCall[] = []
  readonly structuredCalls: StructuredCall[] = []
  /** Signals of the streams, in order: aborted ones were told to stop. */
  readonly signals: AbortSignal[] = []
  readonly #scripts: readonly (readonly ScriptStep[])[]
  /** What `generate` answers; an error is thrown, a promise waited for. */
  followUps: string | Error | Promise<string>

  constructor(
    script: readonly ScriptStep[],
    followUps: ScriptedModel['followUps'] = turnError('model_unavailable'),
    ...later: (readonly ScriptStep[])[]
  ) {
    this.#scripts = [script, ...later]
    this.followUps = followUps
  }

  async *stream(call: ModelCall, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    this.calls.push(call)
    this.signals.push(signal)
    for (const step of this.#scripts[this.calls.length - 1] ?? this.#scripts.at(-1)!) {
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

const response = { type: 'response', responseId: 'resp_1', model: 'gpt-6-luna-2026-09-01' } as const

export const created: ModelEvent = { ...response, usage: null }

export const textDelta = (delta: string, key = 'msg_1'): ModelEvent => ({ type: 'text-delta', key, delta })

const textDone = (text: string, key = 'msg_1'): ModelEvent => ({ type: 'text-done', key, text })

/** A citation of a page, or of a file by its name. */
export const cite = (
  source: { url: string; title?: string } | { name: string },
  place: Partial<ModelCitation> = {},
): ModelCitation => ({
  type: 'citation',
  key: 'msg_1',
  source: 'url' in source ? { type: 'page', title: null, ...source } : { type: 'file', fileId: '', ...source },
  start: null,
  end: null,
  unit: 'code-point',
  quote: null,
  ...place,
})

export const item = (value: unknown): ModelEvent => ({ type: 'item', item: value })

export const toolCall = (callId: string, name = 'look_up', args: unknown = {}): ModelEvent => ({
  type: 'tool-call',
  callId,
  name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args),
})

export const usage: ModelEvent = {
  ...response,
  usage: { inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, reasoningTokens: 2 },
}

export const completed: ModelEvent = { type: 'end', end: { state: 'completed' } }

export const incomplete = (cutReason: CutReason): ModelEvent => ({ type: 'end', end: { state: 'cut', cutReason } })

export const failed = (code: 'model_unavailable' | 'model_rate_limited'): ModelEvent => ({
  type: 'end',
  end: { state: 'failed', error: turnError(code, { cause: new Error('secret words sk-live-123') }) },
})

/** An answer of these pieces. */
export const answering = (...pieces: string[]): ScriptStep[] => [
  created,
  ...pieces.map((piece) => textDelta(piece)),
  textDone(pieces.join('')),
  item({ type: 'message', id: 'msg_1' }),
  usage,
  completed,
]

/** A promise, and the function that keeps it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
