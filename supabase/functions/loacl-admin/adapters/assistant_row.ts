import type { AssistantModel, ReasoningEffort } from '@loacl/wire'
import type { Database } from '@loacl/database'

export const MODEL_COLUMNS =
  'model, provider_config_id, fallback_provider_config_id, fallback_model, follow_up_model, temperature, reasoning_effort, max_output_tokens, show_reasoning'

type Assistants = Database['loacl']['Tables']['assistants']
type ModelRow = Pick<
  Assistants['Row'],
  | 'model'
  | 'provider_config_id'
  | 'fallback_provider_config_id'
  | 'fallback_model'
  | 'follow_up_model'
  | 'temperature'
  | 'reasoning_effort'
  | 'max_output_tokens'
  | 'show_reasoning'
>

export const toAssistantModel = (row: ModelRow): AssistantModel => ({
  model: row.model,
  providerConfigId: row.provider_config_id,
  fallback:
    row.fallback_provider_config_id === null || row.fallback_model === null
      ? null
      : { providerConfigId: row.fallback_provider_config_id, model: row.fallback_model },
  followUpModel: row.follow_up_model,
  temperature: row.temperature,
  reasoningEffort: row.reasoning_effort as ReasoningEffort | null,
  maxOutputTokens: row.max_output_tokens,
  showReasoning: row.show_reasoning,
})

/** What is changed, by column. */
export function toAssistantRow(change: Partial<AssistantModel>): Assistants['Update'] {
  const { fallback } = change
  const row = {
    model: change.model,
    provider_config_id: change.providerConfigId,
    fallback_provider_config_id: fallback && fallback.providerConfigId,
    fallback_model: fallback && fallback.model,
    follow_up_model: change.followUpModel,
    temperature: change.temperature,
    reasoning_effort: change.reasoningEffort,
    max_output_tokens: change.maxOutputTokens,
    show_reasoning: change.showReasoning,
  }
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
}
