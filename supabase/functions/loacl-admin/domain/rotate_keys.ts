import { KeyRingError, type KeyRing } from '@loacl/sealing'
import type { KeyRotation } from '@loacl/wire'
import type { StoredSecret } from '../../_shared/domain/stored_secret.ts'
import type { AdminStore, Operator } from './ports.ts'

/**
 * Puts secrets under the ring's current key: an operator's own, or everybody's for an admin. A turn that has read a
 * secret before goes on with it, for the ring keeps the old key; one that was replaced meanwhile is left alone.
 *
 * @param isLate asked before each batch
 */
export async function rotateKeys(
  { userId, role }: Operator,
  { store, keyRing, isLate }: { store: AdminStore; keyRing: KeyRing; isLate: () => boolean },
): Promise<KeyRotation> {
  const ownerId = role === 'admin' ? null : userId
  const rotation: KeyRotation = { keyId: keyRing.currentKeyId, resealed: 0, unusable: [], isDone: false }
  let afterId: string | null = null
  while (!isLate()) {
    const batch: readonly StoredSecret[] = await store.listSecretsToReseal(rotation.keyId, ownerId, afterId)
    for (const secret of batch) {
      const { secretId, purpose } = secret
      const outcome = await reseal(secret, store, keyRing)
      if (outcome === 'resealed') rotation.resealed++
      if (outcome === 'unusable') rotation.unusable.push({ secretId, purpose })
    }
    afterId = batch.at(-1)?.secretId ?? null
    rotation.isDone = afterId === null
    if (rotation.isDone) break
  }
  return rotation
}

async function reseal(
  secret: StoredSecret,
  store: AdminStore,
  keyRing: KeyRing,
): Promise<'resealed' | 'replaced' | 'unusable'> {
  try {
    const sealed = await keyRing.seal(await keyRing.open(secret, secret), secret)
    return (await store.resealSecret(secret, sealed)) ? 'resealed' : 'replaced'
  } catch (error) {
    if (error instanceof KeyRingError) return 'unusable'
    throw error
  }
}
