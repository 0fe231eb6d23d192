import { KeyRingError, type KeyRing, type SecretContext } from '@loacl/sealing'
import { CodedError } from './coded_error.ts'
import type { SealedIdentitySecret } from './identity.ts'
import type { ModelAccount } from './model.ts'
import type { SealedProvider } from './store.ts'
import { turnError } from './turn_errors.ts'

/** A secret as the database hands it out: the ciphertext, and all that it is bound to. */
export interface StoredSecret extends SecretContext {
  keyId: string
  ciphertext: string
}

/** The account that a provider config stands for. @throws CodedError as `openProviderKey` */
export const openAccount = async (keyRing: KeyRing, sealed: SealedProvider): Promise<ModelAccount> => ({
  wireFormat: sealed.provider,
  configId: sealed.configId,
  apiKey: await openProviderKey(keyRing, sealed),
  baseUrl: sealed.baseUrl,
})

/** @throws CodedError `provider_key_unusable` where it, or what it is bound to, was changed, or the ring lacks its key */
const openProviderKey = (keyRing: KeyRing, secret: StoredSecret): Promise<string> =>
  open(keyRing, secret, (cause) => turnError('provider_key_unusable', { cause }))

/**
 * @param assistantId the assistant that was asked for, whatever the row says: a secret that was moved does not open
 * @throws CodedError `identity_secret_unusable` where it, or what it is bound to, was changed, or the ring lacks its key
 */
export const openIdentitySecret = (
  keyRing: KeyRing,
  sealed: SealedIdentitySecret,
  assistantId: string,
): Promise<string> =>
  open(keyRing, { ...sealed, purpose: 'identity_secret', provider: assistantId, baseUrl: null }, (cause) => {
    const message = 'The identity secret of this assistant can’t be opened: its owner has to make another.'
    return new CodedError('identity_secret_unusable', message, { cause })
  })

/**
 * The bearer token of an MCP server.
 * @param server where it is about to be sent, whatever the row says: for another address it does not open
 * @throws KeyRingError where it, or what it is bound to, was changed, or the ring lacks its key
 */
export const openMcpSecret = (
  keyRing: KeyRing,
  sealed: StoredSecret,
  server: { id: string; endpoint: string },
): Promise<string> =>
  keyRing.open(sealed, { ...sealed, purpose: 'mcp_secret', provider: server.id, baseUrl: server.endpoint })

async function open(keyRing: KeyRing, secret: StoredSecret, unusable: (cause: unknown) => CodedError): Promise<string> {
  try {
    return await keyRing.open(secret, secret)
  } catch (cause) {
    throw cause instanceof KeyRingError ? unusable(cause) : cause
  }
}
