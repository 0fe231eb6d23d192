import type { HistoryMessage, TokenUsage } from './store.ts'

/** An event of the Responses API's stream. What is in it is read where it is used: providers differ. */
export interface ModelEvent {
  readonly type: string
}

export interface ModelCall {
  apiKey: string
  /** `null` for the provider's own address. */
  baseUrl: string | null
  model: string
  instructions: string
  input: readonly HistoryMessage[]
  temperature: number | null
  maxOutputTokens: number
  /** Calls with the same key and beginning share the provider's prompt cache. */
  promptCacheKey: string
  /** Tells the provider's abuse detection visitors apart, without saying who they are. At most 128 characters. */
  safetyIdentifier: string
}

/** A call that answers with one JSON document of the given schema (JSON Schema, the provider's strict subset). */
export interface StructuredCall extends ModelCall {
  schema: { name: string; schema: Record<string, unknown> }
}

/**
 * The model provider. Both methods reject with a `CodedError`, and stop the call when the signal is aborted. They read no
 * more than `outputLimits` of the call, whatever the provider sends: there they end it and reject with `TooMuchOutput`.
 */
export interface Model {
  stream(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelEvent>
  generate(call: StructuredCall, signal: AbortSignal): Promise<{ text: string; usage: TokenUsage | null }>
}
