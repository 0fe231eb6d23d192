import type { KeyRing, SecretContext } from './key_ring.ts'

/** A secret that is sealed and about to be kept. */
export interface NewSecret {
  secretId: string
  keyId: string
  ciphertext: string
  lastFour: string
}

/** The last four characters of a shorter secret would give too much of it away. */
const SHORTEST_SHOWN = 12

/** Seals a secret for a row that is yet to be made: each has an id of its own, so an older ciphertext never fits. */
export async function sealNew(
  keyRing: KeyRing,
  plaintext: string,
  context: Omit<SecretContext, 'secretId'>,
): Promise<NewSecret> {
  const secretId = crypto.randomUUID()
  const sealed = await keyRing.seal(plaintext, { ...context, secretId })
  return { secretId, ...sealed, lastFour: plaintext.length < SHORTEST_SHOWN ? '' : plaintext.slice(-4) }
}
