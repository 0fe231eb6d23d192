import type { ModelCall, ModelEvent, Model, StructuredCall } from '../domain/model.ts'
import { outputLimits } from '../domain/output_limits.ts'
import { createChatReader, toChatUsage } from './chat_events.ts'
import { toChatMessages } from './chat_input.ts'
import { joinDeltas } from './joined_deltas.ts'
import { listOf, objectOf, stringOf } from './json_values.ts'
import { toOwnItems } from './neutral_items.ts'
import {
  connectOpenAI,
  isOpenAI,
  toCodedOpenAIError,
  type AddressOptions,
  type ProviderOptions,
} from './openai_client.ts'
import { createChatTools } from './chat_tools.ts'
import { createParameterMemory } from './refused_parameters.ts'
import { otherFormat, readAnswer } from './streamed_response.ts'
import { toModelError } from './responses_events.ts'

/** Chat Completions, of whoever speaks it. */
export function createChatModel(options: ProviderOptions): Model {
  const parameters = createParameterMemory(options.note)
  const toChatTools = createChatTools(options.note)
  return {
    async *stream(call, signal) {
      let begun = false
      let isUnderstood = false
      const reader = createChatReader(call.showsReasoning)
      const read = (chunk: unknown): ModelEvent[] => {
        begun = true
        isUnderstood ||= Array.isArray(objectOf(chunk).choices)
        return reader.read(chunk)
      }
      try {
        const { completions } = connectOpenAI(call, outputLimits(call), options).chat
        const params = {
          ...toParams(call, options),
          ...toChatTools(call),
          stream: true as const,
          stream_options: { include_usage: true, ...(isOpenAI(call, options) ? { include_obfuscation: false } : {}) },
        }
        const answer = await parameters.send(call, params, (accepted) =>
          readAnswer(completions.create(accepted, { signal })),
        )
        if ('whole' in answer) yield* read(requireAnswer(answer.whole))
        else for await (const chunks of answer.events) yield* joinDeltas(chunks.flatMap(read))
        if (!isUnderstood && !signal.aborted) throw otherFormat('Chat Completions')
        yield* reader.finish()
      } catch (error) {
        if (!signal.aborted) throw toCodedOpenAIError(error, begun)
      }
    },

    async generate(call, signal) {
      try {
        const { name, schema } = call.schema
        const { completions } = connectOpenAI(call, outputLimits(call), options).chat
        const params = {
          ...toParams(call, options),
          stream: false as const,
          response_format: { type: 'json_schema' as const, json_schema: { name, schema, strict: true } },
        }
        const answer = await parameters.send(call, params, (accepted) => completions.create(accepted, { signal }))
        const { choices, usage } = requireAnswer(answer)
        return { text: stringOf(objectOf(objectOf(listOf(choices)[0]).message).content), usage: toChatUsage(usage) }
      } catch (error) {
        throw toCodedOpenAIError(error)
      }
    },
  }
}

/** A body of JSON, where it is an answer: an error may come with status 200. */
function requireAnswer(body: unknown) {
  const answer = objectOf(body)
  if (Array.isArray(answer.choices)) return answer
  if (answer.error) throw toModelError(objectOf(answer.error))
  throw otherFormat('Chat Completions')
}

function toParams(call: ModelCall | StructuredCall, options: AddressOptions) {
  const isOwn = isOpenAI(call, options)
  return {
    model: call.model,
    messages: toChatMessages(call.instructions, toOwnItems(call.input, call.configId)),
    // Its newer name is OpenAI's; some servers, Ollama among them, pass it over and answer without an end.
    [isOwn ? 'max_completion_tokens' : 'max_tokens']: call.maxOutputTokens,
    safety_identifier: call.safetyIdentifier,
    prompt_cache_key: call.promptCacheKey,
    // OpenAI's own: nobody else keeps what was said.
    ...(isOwn ? { store: false } : {}),
    ...(call.temperature === null ? {} : { temperature: call.temperature }),
    ...(call.reasoningEffort === null ? {} : { reasoning_effort: call.reasoningEffort as 'low' }),
  }
}
