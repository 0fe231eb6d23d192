import { sealProviderKey, toProviderAddress, type KeyRing } from '@loacl/sealing'
import { UUID, type ErrorCode, type ProviderConfig, type ProviderKeyTest, type SavedProviderKey } from '@loacl/wire'
import { CodedError, toCodedError } from '../../_shared/domain/coded_error.ts'
import { openAccount } from '../../_shared/domain/stored_secret.ts'
import { invalid, toRecord } from './body.ts'
import type { AdminStore, Operator, Provider } from './ports.ts'

export interface ProviderKeysDeps {
  store: AdminStore
  provider: Provider
  keyRing: KeyRing
}

/** Tried where an owner has no assistant yet and names no model. */
const CHEAP_MODEL = 'gpt-6-luna'

/**
 * Seals a key and makes it the one that the owner's next turns use, unless it is for assistants that name it.
 * @throws CodedError `invalid_body`
 */
export async function setProviderKey(
  { userId: ownerId }: Operator,
  body: unknown,
  { store, provider, keyRing }: ProviderKeysDeps,
): Promise<SavedProviderKey> {
  const fields = toRecord(body)
  const name = fields.provider ?? 'openai'
  if (name !== 'openai' && name !== 'openai-chat')
    throw invalid('"provider" must be "openai", for the Responses API, or "openai-chat", for Chat Completions.')
  const { apiKey, baseUrl: address = null, isDefault = true } = fields
  if (typeof isDefault !== 'boolean') throw invalid('"isDefault" must be true or false.')
  const baseUrl = address === null ? null : toBaseUrl(address, provider.checkAddress)
  const secret = await sealProviderKey(keyRing, apiKey, { ownerId, provider: name, baseUrl })
  if (!secret) throw invalid('"apiKey" must be the key alone, without spaces or line breaks.')
  const id = await store.setProviderKey(ownerId, name, baseUrl, secret, isDefault)
  return { id, provider: name, baseUrl, keyLastFour: secret.lastFour }
}

/** A provider's address in the form that is stored: one that turns will call. */
function toBaseUrl(value: unknown, checkAddress: Provider['checkAddress']): string {
  const address = toProviderAddress(value)
  if (address === null) throw invalid('"baseUrl" must be an address such as https://host/v1, or null.')
  try {
    checkAddress(address)
  } catch (cause) {
    throw new CodedError('invalid_body', '"baseUrl" must be HTTPS on a public host, or one that the project lists.', {
      cause,
    })
  }
  return address
}

/** @throws CodedError `not_found`; `invalid_body` where there are several and none was named */
export async function removeProviderKey(
  operator: Operator,
  configId: string | null,
  { store }: Pick<ProviderKeysDeps, 'store'>,
): Promise<void> {
  const id = configId === null ? onlyOne(await store.listProviderConfigs(operator)) : toId(configId)
  if (!(await store.removeProviderKey(operator.userId, id))) throw noKey()
}

function onlyOne(configs: readonly ProviderConfig[]): string {
  if (configs.length > 1) throw invalid('There are several keys: say which, by ?id=.')
  if (!configs[0]) throw noKey()
  return configs[0].id
}

const noKey = (): CodedError => new CodedError('not_found', 'There is no such provider key.')

function toId(id: unknown): string {
  if (typeof id !== 'string' || !UUID.test(id)) throw noKey()
  return id
}

/**
 * Asks the provider one cheap question with a stored key: by default the one that turns use, and a model of the owner's.
 * @throws CodedError `not_found`, `invalid_body`
 */
export async function testProviderKey(
  { userId }: Operator,
  body: unknown,
  { store, provider, keyRing }: ProviderKeysDeps,
): Promise<ProviderKeyTest> {
  const { id, model: wanted } = toRecord(body)
  if (wanted !== undefined && (typeof wanted !== 'string' || wanted.length < 1 || wanted.length > 200))
    throw invalid('"model" must be the name of a model.')
  const found = await store.readProviderKey(userId, id === undefined ? null : toId(id))
  if (!found) throw noKey()
  const model = wanted ?? found.model ?? CHEAP_MODEL
  try {
    await provider.ask(await openAccount(keyRing, found.secret), model)
  } catch (error) {
    const { code } = toCodedError(error)
    const message = FAILURES[code]?.replace('{model}', model)
    if (message === undefined) throw error
    return { ok: false, code, message, model }
  }
  return { ok: true, code: null, message: `The key works: ${model} answered.`, model }
}

const FAILURES: { readonly [Code in ErrorCode]?: string } = {
  provider_key_unusable:
    'The stored key can’t be used: it does not open with the project’s key ring, or its address may not be called. Set it again.',
  provider_key_rejected: 'The provider did not accept the key. It may be revoked, mistyped, or lack a permission.',
  model_rate_limited: 'The provider knows the key, but its quota is used up or it was asked too often.',
  model_request_rejected: 'The provider did not accept the request. Does it offer the model {model} to this key?',
  model_unavailable: 'The provider can’t be reached at its address, or is down, or another service answers there.',
  model_stream_broken:
    'The provider’s answer could not be read, or was far longer than the call asked for. Does its address speak the wire format that is set?',
}
