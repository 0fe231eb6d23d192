import { sealNew, type KeyRing } from '@loacl/sealing'
import type { NewAssistantSecret, SecretState } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { AdminStore, Operator } from './ports.ts'

/** `identity`: a site signs identity tokens with it. `tool`: the functions sign calls of the assistant's endpoints with it. */
export type AssistantSecret = 'identity' | 'tool'

const SECRET_BYTES = 32

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

const ENCODINGS: { readonly [Kind in AssistantSecret]: (bytes: Uint8Array) => string } = {
  identity: (bytes) => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  // As Standard Webhooks has it.
  tool: (bytes) => `whsec_${toBase64(bytes)}`,
}

/**
 * Makes a secret of an assistant in place of the one it has. What is returned is shown this once: nothing gives it out again.
 *
 * @throws CodedError `assistant_not_found`
 */
export async function createAssistantSecret(
  kind: AssistantSecret,
  { userId: ownerId }: Operator,
  assistantId: string,
  { store, keyRing }: { store: AdminStore; keyRing: KeyRing },
): Promise<NewAssistantSecret> {
  const secret = ENCODINGS[kind](crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  // It goes to no provider: in that place the seal binds the assistant.
  const context = { purpose: `${kind}_secret`, ownerId, provider: assistantId, baseUrl: null }
  const sealed = await sealNew(keyRing, secret, context)
  await store.setAssistantSecret(kind, ownerId, assistantId, sealed)
  return { secret, lastFour: sealed.lastFour }
}

/** @throws CodedError `assistant_not_found` */
export async function describeAssistantSecret(
  kind: AssistantSecret,
  { userId }: Operator,
  assistantId: string,
  store: AdminStore,
): Promise<SecretState> {
  const state = await store.describeAssistantSecret(kind, userId, assistantId)
  if (!state) throw new CodedError('assistant_not_found', 'There is no such assistant.')
  return state
}

/** @throws CodedError `not_found` where there is none */
export async function removeAssistantSecret(
  kind: AssistantSecret,
  { userId }: Operator,
  assistantId: string,
  store: AdminStore,
): Promise<void> {
  if (!(await store.removeAssistantSecret(kind, userId, assistantId)))
    throw new CodedError('not_found', `This assistant has no ${kind} secret.`)
}
