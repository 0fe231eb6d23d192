import type { Model, ModelCall, StructuredCall } from '../domain/model.ts'
import { outputLimits } from '../domain/output_limits.ts'
import { connectOpenAI, toCodedOpenAIError, type OpenAIOptions } from './openai_client.ts'
import { createResponsesReader, toTokenUsage } from './responses_events.ts'
import { toResponsesInput } from './responses_input.ts'

/** The Responses API, of OpenAI or of anybody who speaks it, stateless: nothing is kept at the provider's. */
export function createOpenAIModel(options: OpenAIOptions): Model {
  return {
    async *stream(call, signal) {
      let begun = false
      const read = createResponsesReader(call.showsReasoning)
      try {
        const events = await connectOpenAI(call, outputLimits(call), options).responses.create(
          { ...toParams(call), stream: true, stream_options: { include_obfuscation: false } },
          { signal },
        )
        for await (const event of events) {
          begun = true
          yield* read(event)
        }
      } catch (error) {
        throw toCodedOpenAIError(error, begun)
      }
    },

    async generate(call, signal) {
      try {
        const { schema, name } = call.schema
        const response = await connectOpenAI(call, outputLimits(call), options).responses.create(
          { ...toParams(call), stream: false, text: { format: { type: 'json_schema', name, schema, strict: true } } },
          { signal },
        )
        return { text: response.output_text, usage: toTokenUsage(response.usage) }
      } catch (error) {
        throw toCodedOpenAIError(error)
      }
    },
  }
}

function toParams(call: ModelCall | StructuredCall) {
  return {
    model: call.model,
    instructions: call.instructions,
    input: toResponsesInput(call.input),
    store: false,
    max_output_tokens: call.maxOutputTokens,
    prompt_cache_key: call.promptCacheKey,
    safety_identifier: call.safetyIdentifier,
    ...(call.temperature === null ? {} : { temperature: call.temperature }),
    ...(reasons(call.model)
      ? {
          include: ['reasoning.encrypted_content' as const],
          ...(call.showsReasoning ? { reasoning: { summary: 'auto' as const } } : {}),
        }
      : {}),
  }
}

/** Whether the model reasons, and so may be asked for its encrypted reasoning. Others reject the wish. */
const reasons = (model: string): boolean => /^(openai\/)?(o\d|gpt-([5-9]|\d\d))/.test(model) && !/-chat\b/.test(model)
