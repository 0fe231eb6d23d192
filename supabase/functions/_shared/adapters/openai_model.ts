import type { Model, ModelCall, StructuredCall } from '../domain/model.ts'
import { outputLimits } from '../domain/output_limits.ts'
import { readEvents } from './event_stream.ts'
import { joinDeltas } from './joined_deltas.ts'
import { connectOpenAI, toCodedOpenAIError, type OpenAIOptions } from './openai_client.ts'
import { createResponsesReader, type ResponsesEvent, toTokenUsage } from './responses_events.ts'
import { toResponsesInput } from './responses_input.ts'

/** The Responses API, of OpenAI or of anybody who speaks it, stateless: nothing is kept at the provider's. */
export function createOpenAIModel(options: OpenAIOptions): Model {
  return {
    async *stream(call, signal) {
      let begun = false
      const read = createResponsesReader(call.showsReasoning)
      try {
        const { responses } = connectOpenAI(call, outputLimits(call), options)
        const params = { ...toParams(call), stream: true as const, stream_options: { include_obfuscation: false } }
        // Its body is read here: the client's own reader takes each event by itself, through many hands.
        const response = await responses.create(params, { signal }).asResponse()
        for await (const events of readEvents(response)) {
          begun = true
          yield* joinDeltas(events.flatMap((event) => read(event as ResponsesEvent)))
        }
      } catch (error) {
        if (!signal.aborted) throw toCodedOpenAIError(error, begun)
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
