import { KeyRingError, type KeyRing, type SecretContext } from './key_ring.ts'
import { turnError } from './turn_errors.ts'

/** A secret as the database hands it out: the ciphertext, and all that it is bound to. */
export interface StoredSecret extends SecretContext {
  keyId: string
  ciphertext: string
}

/** @throws CodedError `provider_key_unusable` where it, or what it is bound to, was changed, or the ring lacks its key */
export async function openProviderKey(keyRing: KeyRing, secret: StoredSecret): Promise<string> {
  try {
    return await keyRing.open(secret, secret)
  } catch (cause) {
    throw cause instanceof KeyRingError ? turnError('provider_key_unusable', { cause }) : cause
  }
}
