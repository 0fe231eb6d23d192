import type { ModelEnd, ModelEvent } from '../domain/model.ts'
import type { TokenUsage } from '../domain/store.ts'
import { turnError } from '../domain/turn_errors.ts'
import { toCitations } from './annotations.ts'
import { createCallIds } from './call_ids.ts'
import { listOf, objectOf, stringOf, type Json } from './json_values.ts'
import { toTokenUsage } from './responses_events.ts'

/** Reads one stream of Chat Completions. */
export interface ChatReader {
  /** What a chunk says; or an answer that came whole, which is read like one. */
  read(chunk: unknown): ModelEvent[]
  /** What is known once the stream is over: no chunk says that it is the last. Nothing where the answer broke off. */
  finish(): ModelEvent[]
}

/** @param showsReasoning otherwise what is kept for the next step holds nothing of it that a person could read */
export function createChatReader(showsReasoning: boolean): ChatReader {
  let finishReason = ''
  let content = ''
  let refusal = ''
  let told: { id: string; model: string; usage: TokenUsage | null } = { id: '', model: '', usage: null }
  const reasoningDetails: unknown[] = []
  const calls = new Map<number, { id: string; name: string; arguments: string }>()

  /** Who answers is told once, and what it used with the last chunk, or with several. */
  const response = ({ id, model, usage }: Json): ModelEvent[] => {
    const now = {
      id: stringOf(id) || told.id,
      model: stringOf(model) || told.model,
      usage: toChatUsage(usage) ?? told.usage,
    }
    const isNew = now.id !== told.id || now.model !== told.model || now.usage !== told.usage
    told = now
    return isNew ? [{ type: 'response', responseId: now.id || null, model: now.model || null, usage: now.usage }] : []
  }

  const said = (delta: Json): ModelEvent[] => {
    const text = stringOf(delta.content)
    const refused = stringOf(delta.refusal)
    content += text
    refusal += refused
    const details = listOf(delta.reasoning_details).map(objectOf)
    reasoningDetails.push(...details.filter(({ type }) => showsReasoning || type === 'reasoning.encrypted'))
    for (const [place, each] of listOf(delta.tool_calls).map(objectOf).entries()) addCall(each, place)
    // Three names for the same: DeepSeek's and LM Studio's, that of OpenRouter, Ollama and vLLM, and OpenRouter's parts.
    const thought =
      stringOf(delta.reasoning_content) ||
      stringOf(delta.reasoning) ||
      details.map((part) => stringOf(part.text) || stringOf(part.summary)).join('')
    return [
      ...(thought === '' ? [] : [{ type: 'reasoning-delta' as const, key: 'reasoning', delta: thought }]),
      ...(text === '' ? [] : [{ type: 'text-delta' as const, key: 'text', delta: text }]),
      ...(refused === '' ? [] : [{ type: 'text-delta' as const, key: 'refusal', delta: refused }]),
      ...listOf(delta.annotations).flatMap((annotation) => toCitations(annotation, 'text')),
    ]
  }

  /** The id and the name of a call come with its first piece, its arguments in several. */
  const addCall = ({ index, id, function: called }: Json, place: number): void => {
    const at = typeof index === 'number' ? index : place
    const call = calls.get(at) ?? { id: '', name: '', arguments: '' }
    calls.set(at, call)
    call.id ||= stringOf(id)
    call.name ||= stringOf(objectOf(called).name)
    call.arguments += stringOf(objectOf(called).arguments)
  }

  /** The message as the API takes it back. */
  const message = (): Json => ({
    role: 'assistant',
    content: content || null,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.size === 0
      ? {}
      : {
          tool_calls: [...calls.values()].map(({ id, ...called }) => ({ id, type: 'function', function: called })),
        }),
    ...(reasoningDetails.length === 0 ? {} : { reasoning_details: reasoningDetails }),
  })

  return {
    read(chunk) {
      const data = objectOf(chunk)
      const choice = objectOf(listOf(data.choices)[0])
      finishReason ||= stringOf(choice.finish_reason)
      return [...response(data), ...said(objectOf(choice.delta ?? choice.message))]
    },
    finish() {
      if (finishReason === '') return []
      const toCallId = createCallIds()
      for (const call of calls.values()) call.id = toCallId(call.id)
      const toolCalls = [...calls.values()].map(({ id, ...called }) => ({
        type: 'tool-call' as const,
        callId: id,
        ...called,
      }))
      return [{ type: 'item', item: message() }, ...toolCalls, { type: 'end', end: toEnd(finishReason) }]
    },
  }
}

function toEnd(finishReason: string): ModelEnd {
  switch (finishReason) {
    case 'length':
      return { state: 'cut', cutReason: 'max_output_tokens' }
    case 'content_filter':
      return { state: 'cut', cutReason: 'content_filter' }
    case 'error':
      return { state: 'failed', error: turnError('model_unavailable') }
    default:
      // `stop`, calls of tools, and what some providers have besides, such as `eos`.
      return { state: 'completed' }
  }
}

/** Chat Completions' usage; `null` where a provider sends none, or numbers that nothing can have cost. */
export function toChatUsage(usage: unknown): TokenUsage | null {
  const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details } = objectOf(usage)
  return toTokenUsage({
    input_tokens: prompt_tokens,
    output_tokens: completion_tokens,
    input_tokens_details: prompt_tokens_details,
    output_tokens_details: completion_tokens_details,
  })
}
