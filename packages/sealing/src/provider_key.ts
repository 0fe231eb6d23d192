import type { KeyRing, SecretContext } from './key_ring.ts'
import { sealNew, type NewSecret } from './new_secret.ts'

/** What a header may carry. */
const API_KEY = /^[\x21-\x7e]{1,1000}$/
const LONGEST_ADDRESS = 500

/** Seals a provider's key: one key has one rule, whoever sets it. `null` where `apiKey` is no key alone. */
export async function sealProviderKey(
  keyRing: KeyRing,
  apiKey: unknown,
  context: Pick<SecretContext, 'ownerId' | 'provider' | 'baseUrl'>,
): Promise<NewSecret | null> {
  if (typeof apiKey !== 'string' || !API_KEY.test(apiKey)) return null
  return sealNew(keyRing, apiKey, { purpose: 'provider_key', ...context })
}

/** A provider's address in the form that is stored, `null` where it is none. Whether turns may call it is another rule. */
export function toProviderAddress(value: unknown): string | null {
  const url =
    typeof value === 'string' && value.length <= LONGEST_ADDRESS && URL.canParse(value) ? new URL(value) : null
  if (!url || url.search || url.hash || url.username || url.password) return null
  return url.href.replace(/\/+$/, '')
}
