import type { KeyRing } from '@loacl/sealing'
import type { Maintenance } from '@loacl/wire'
import { toCodedError } from '../../_shared/domain/coded_error.ts'
import { foldAll } from '../../_shared/domain/message_parts.ts'
import { openAccount } from '../../_shared/domain/stored_secret.ts'
import { turnError } from '../../_shared/domain/turn_errors.ts'
import type { AdminStore, Deletion, ObjectStorage, Provider } from './ports.ts'

export interface MaintenanceDeps {
  store: AdminStore
  provider: Provider
  storage: ObjectStorage
  keyRing: KeyRing
  /** Asked before each deletion. */
  isLate: () => boolean
  /** Told of errors, for the owner's log. */
  report: (error: unknown) => void
}

/**
 * Purges what has run out for as long as there is more of it, then deletes what is queued in Storage and at providers. One that fails keeps none of the
 * others up; what was taken and not got to, here or by a worker that died, is due again after five minutes.
 */
export async function maintain(deps: MaintenanceDeps): Promise<Maintenance> {
  const { store, isLate, report } = deps
  const done: Maintenance = { cleanedUp: true, deleted: 0, failed: 0, isDone: false }
  try {
    await cleanUp(deps)
  } catch (error) {
    report(error)
    done.cleanedUp = false
  }
  while (!isLate()) {
    const batch = await store.takeDeletions()
    done.isDone = batch.length === 0
    if (done.isDone) break
    for (const deletion of batch) {
      if (isLate()) break
      try {
        await deleteThere(deletion, deps)
      } catch (error) {
        report(error)
        // A code of ours: a provider's own words may quote what was sent.
        await store.failDeletion(deletion.id, toCodedError(error).code)
        done.failed++
        continue
      }
      await store.confirmDeletion(deletion.id)
      done.deleted++
    }
  }
  return done
}

/** Folds what dead workers streamed, so that it may be purged, and purges a batch at a time. */
async function cleanUp({ store, isLate }: MaintenanceDeps): Promise<void> {
  for (let isMore = true; isMore && !isLate();) {
    isMore = await store.cleanUp()
    const turns = await store.listUnfoldedTurns()
    for (const { turnId, parts } of turns) {
      const { content, parts: folded } = foldAll(parts)
      await store.foldTurn(turnId, { content, parts: folded })
    }
    isMore ||= turns.length > 0
  }
}

async function deleteThere(
  { kind, reference, provider: secret }: Deletion,
  { provider, storage, keyRing }: MaintenanceDeps,
): Promise<void> {
  if (kind === 'storage_object') return storage.remove(reference)
  if (!secret) throw turnError('provider_key_missing')
  const account = await openAccount(keyRing, secret)
  return kind === 'provider_file'
    ? provider.deleteFile(account, reference)
    : provider.deleteVectorStore(account, reference)
}
