import { createAddressRule, isAddress, isPrivateIp } from '@loacl/sealing'
import type { ResponseLimits } from '../domain/output_limits.ts'
import { turnError } from '../domain/turn_errors.ts'
import { boundResponse } from './bounded_response.ts'
import type { ResolveHost } from './resolve_host.ts'

export interface Egress {
  /** @throws CodedError `provider_key_unusable` where no request may go to this address */
  check(url: string): void
  /** `fetch`, for allowed addresses only, without following redirects, and for responses within these limits. */
  fetchWithin(limits: ResponseLimits): typeof fetch
}

export interface EgressOptions {
  /** Let through although private or over HTTP, each as `host:port` (`host` for the scheme's own port). */
  privateHosts: readonly string[]
  fetch: typeof globalThis.fetch
  /** Left out, or where it can't tell: a name is judged by itself alone. */
  resolve?: ResolveHost | undefined
}

/**
 * The one way out to addresses that an owner has configured: HTTPS, public hosts, no redirects, which would carry the
 * key along, and no response without an end. A name is looked up first, and refused where any of its addresses is
 * private. `fetch` then looks it up again, for the platform offers no way to give it an address: a name server that
 * answers twice in two ways is not held back by this.
 */
export function createEgress({ privateHosts, fetch, resolve }: EgressOptions): Egress {
  const rule = createAddressRule(privateHosts)
  const parse = (address: string): URL => {
    const url = rule.parse(address)
    if (!url) throw refusal('is not one')
    return url
  }

  const checkAddresses = async (url: URL): Promise<void> => {
    if (!resolve || isAddress(url.hostname) || rule.isListed(url)) return
    const addresses = await resolve(url.hostname).catch((cause: unknown) => {
      throw turnError('model_unavailable', { cause })
    })
    if (addresses?.length === 0) throw turnError('model_unavailable', { cause: new Error('The host has no address.') })
    if (addresses?.some(isPrivateIp)) throw refusal('has a private address: not one')
  }

  return {
    check: (address) => void parse(address),
    fetchWithin: (limits) => async (input, init) => {
      await checkAddresses(parse(input instanceof Request ? input.url : String(input)))
      const response = await fetch(input, { ...init, redirect: 'error' })
      // A status that HTTP doesn't have, and that no `Response` can be made with.
      if (response.status < 200 || response.status > 599) {
        await response.body?.cancel()
        throw turnError('model_unavailable', { cause: new Error(`The status is ${response.status}.`) })
      }
      return boundResponse(response, limits, init?.signal)
    },
  }
}

const refusal = (what: string) =>
  turnError('provider_key_unusable', { cause: new Error(`The base URL ${what} that may be called.`) })
