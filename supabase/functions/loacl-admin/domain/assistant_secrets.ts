import { sealNew, type KeyRing } from '@loacl/sealing'
import type { IdentitySecretState, NewIdentitySecret } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { AdminStore, Operator } from './ports.ts'

const SECRET_BYTES = 32

/**
 * Makes the secret that an assistant's site signs identity tokens with, in place of the one it has. What is returned is
 * shown this once: nothing gives it out again.
 *
 * @throws CodedError `assistant_not_found`
 */
export async function createIdentitySecret(
  { userId: ownerId }: Operator,
  assistantId: string,
  { store, keyRing }: { store: AdminStore; keyRing: KeyRing },
): Promise<NewIdentitySecret> {
  const secret = toBase64Url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  // An identity secret goes to no provider: in that place the seal binds the assistant.
  const context = { purpose: 'identity_secret', ownerId, provider: assistantId, baseUrl: null }
  const sealed = await sealNew(keyRing, secret, context)
  await store.setIdentitySecret(ownerId, assistantId, sealed)
  return { secret, lastFour: sealed.lastFour }
}

/** @throws CodedError `assistant_not_found` */
export async function describeIdentitySecret(
  { userId }: Operator,
  assistantId: string,
  store: AdminStore,
): Promise<IdentitySecretState> {
  const state = await store.describeIdentitySecret(userId, assistantId)
  if (!state) throw new CodedError('assistant_not_found', 'There is no such assistant.')
  return state
}

/** @throws CodedError `not_found` where there is none */
export async function removeIdentitySecret(
  { userId }: Operator,
  assistantId: string,
  store: AdminStore,
): Promise<void> {
  if (!(await store.removeIdentitySecret(userId, assistantId)))
    throw new CodedError('not_found', 'This assistant has no identity secret.')
}

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
