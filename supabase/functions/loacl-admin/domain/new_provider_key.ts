import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { KeyRing, SecretContext } from '../../_shared/domain/key_ring.ts'
import { invalid } from './body.ts'
import { sealNew } from './new_secret.ts'
import type { NewSecret, Provider } from './ports.ts'

/** What a header may carry. */
const API_KEY = /^[\x21-\x7e]{1,1000}$/
const LONGEST_ADDRESS = 500

/** @throws CodedError `invalid_body` where `apiKey` is no key alone */
export async function sealProviderKey(
  keyRing: KeyRing,
  apiKey: unknown,
  context: Pick<SecretContext, 'ownerId' | 'provider' | 'baseUrl'>,
): Promise<NewSecret> {
  if (typeof apiKey !== 'string' || !API_KEY.test(apiKey))
    throw invalid('"apiKey" must be the key alone, without spaces or line breaks.')
  return sealNew(keyRing, apiKey, { purpose: 'provider_key', ...context })
}

/**
 * A provider's address in the form that is stored: one that turns will call.
 * @throws CodedError `invalid_body`
 */
export function parseAddress(value: unknown, checkAddress: Provider['checkAddress']): string {
  const url =
    typeof value === 'string' && value.length <= LONGEST_ADDRESS && URL.canParse(value) ? new URL(value) : null
  if (!url || url.search || url.hash || url.username || url.password)
    throw invalid('"baseUrl" must be an address such as https://host/v1, or null.')
  const address = url.href.replace(/\/+$/, '')
  try {
    checkAddress(address)
  } catch (cause) {
    throw new CodedError('invalid_body', '"baseUrl" must be HTTPS on a public host, or one that the project lists.', {
      cause,
    })
  }
  return address
}
