import { UUID, type AssistantModel } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import { invalid, toRecord } from './body.ts'
import type { AdminStore, Operator } from './ports.ts'

type Check = (value: unknown) => boolean

const isModel: Check = (value) => typeof value === 'string' && value.length >= 1 && value.length <= 200
const isId: Check = (value) => typeof value === 'string' && UUID.test(value)
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const isFallback: Check = (value) => {
  const { providerConfigId, model, ...others } = (value ?? {}) as Record<string, unknown>
  return isId(providerConfigId) && isModel(model) && Object.keys(others).length === 0
}

/** What each may be; ranges and words are the database's to check. */
const FIELDS: { readonly [Field in keyof AssistantModel]: readonly [Check, string] } = {
  model: [isModel, 'the name of a model'],
  providerConfigId: [orNull(isId), 'the id of a provider key of yours, or null'],
  fallback: [orNull(isFallback), '{"providerConfigId", "model"}, or null'],
  followUpModel: [orNull(isModel), 'the name of a model, or null'],
  temperature: [orNull((value) => typeof value === 'number'), 'a number from 0 to 2, or null'],
  reasoningEffort: [orNull((value) => typeof value === 'string'), 'a word such as "low", or null'],
  maxOutputTokens: [Number.isInteger, 'a whole number from 16 to 128000'],
  showReasoning: [(value) => typeof value === 'boolean', 'true or false'],
}

/** @throws CodedError `assistant_not_found` */
export async function readAssistantModel(operator: Operator, id: string, store: AdminStore): Promise<AssistantModel> {
  const model = await store.readAssistantModel(operator, id)
  if (!model) throw new CodedError('assistant_not_found', 'There is no such assistant.')
  return model
}

/**
 * Changes what is named, and gives all of it.
 * @throws CodedError `assistant_not_found`, `invalid_body`
 */
export async function changeAssistantModel(
  operator: Operator,
  id: string,
  body: unknown,
  store: AdminStore,
): Promise<AssistantModel> {
  const change = toRecord(body)
  for (const [field, value] of Object.entries(change)) {
    if (!Object.hasOwn(FIELDS, field)) throw invalid(`"${field}" is nothing that can be set here.`)
    const [check, what] = FIELDS[field as keyof AssistantModel]
    if (!check(value)) throw invalid(`"${field}" must be ${what}.`)
  }
  if (Object.keys(change).length > 0) await store.updateAssistantModel(operator, id, change)
  return readAssistantModel(operator, id, store)
}
