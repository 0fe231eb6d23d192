import type { Model, ModelCall, StructuredCall } from '../domain/model.ts'
import { outputLimits } from '../domain/output_limits.ts'
import { joinDeltas } from './joined_deltas.ts'
import { objectOf } from './json_values.ts'
import { connectOpenAI, toCodedOpenAIError, type ProviderOptions } from './openai_client.ts'
import { toOwnItems } from './neutral_items.ts'
import { createResponsesReader, type ResponsesEvent, toTokenUsage } from './responses_events.ts'
import { toResponsesInput } from './responses_input.ts'
import { createParameterMemory } from './refused_parameters.ts'
import { toResponsesTools } from './responses_tools.ts'
import { otherFormat, readAnswer } from './streamed_response.ts'
import { readWhole, requireResponse } from './whole_response.ts'

/** The Responses API, of OpenAI or of anybody who speaks it, stateless: nothing is kept at the provider's. */
export function createOpenAIModel(options: ProviderOptions): Model {
  const parameters = createParameterMemory(options.note)
  return {
    async *stream(call, signal) {
      let begun = false
      let isUnderstood = false
      const read = createResponsesReader(call.showsReasoning)
      try {
        const { responses } = connectOpenAI(call, outputLimits(call), options)
        const params = {
          ...toParams(call),
          ...toResponsesTools(call),
          stream: true as const,
          stream_options: { include_obfuscation: false },
        }
        const answer = await parameters.send(call, params, (accepted) =>
          readAnswer(responses.create(accepted, { signal })),
        )
        if ('whole' in answer) return yield* readWhole(answer.whole, read)
        for await (const events of answer.events) {
          begun = true
          isUnderstood ||= events.some((event) => typeof objectOf(event).type === 'string')
          yield* joinDeltas(events.flatMap((event) => read(event as ResponsesEvent)))
        }
        if (!isUnderstood && !signal.aborted) throw otherFormat('of the Responses API')
      } catch (error) {
        if (!signal.aborted) throw toCodedOpenAIError(error, begun)
      }
    },

    async generate(call, signal) {
      try {
        const { schema, name } = call.schema
        const { responses } = connectOpenAI(call, outputLimits(call), options)
        const params = {
          ...toParams(call),
          stream: false as const,
          text: { format: { type: 'json_schema' as const, name, schema, strict: true } },
        }
        const answer = await parameters.send(call, params, (accepted) => responses.create(accepted, { signal }))
        const { usage } = requireResponse(answer)
        return { text: answer.output_text, usage: toTokenUsage(usage) }
      } catch (error) {
        throw toCodedOpenAIError(error)
      }
    },
  }
}

function toParams(call: ModelCall | StructuredCall) {
  const reasoning = {
    ...(call.reasoningEffort === null ? {} : { effort: call.reasoningEffort as 'low' }),
    ...(call.showsReasoning && reasons(call.model) ? { summary: 'auto' as const } : {}),
  }
  return {
    model: call.model,
    instructions: call.instructions,
    input: toResponsesInput(toOwnItems(call.input, call.configId)),
    store: false,
    max_output_tokens: call.maxOutputTokens,
    prompt_cache_key: call.promptCacheKey,
    safety_identifier: call.safetyIdentifier,
    ...(call.temperature === null ? {} : { temperature: call.temperature }),
    ...(reasons(call.model) ? { include: ['reasoning.encrypted_content' as const] } : {}),
    ...(Object.keys(reasoning).length > 0 ? { reasoning } : {}),
  }
}

/** Whether the model reasons, and so may be asked for its encrypted reasoning. Others reject the wish. */
const reasons = (model: string): boolean => /^(openai\/)?(o\d|gpt-([5-9]|\d\d))/.test(model) && !/-chat\b/.test(model)
