import { turnError } from '../domain/turn_errors.ts'

export interface Egress {
  /** @throws CodedError `provider_key_unusable` where no request may go to this address */
  check(url: string): void
  /** `fetch`, for allowed addresses only and without following redirects. */
  fetch: typeof fetch
}

/** Addresses that mean this machine or a private network, as literals. */
const PRIVATE_HOST =
  /^(localhost|.*\.(localhost|local|internal)|0\..*|10\..*|127\..*|169\.254\..*|172\.(1[6-9]|2\d|3[01])\..*|192\.168\..*|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|\[(::|::1|::ffff:.*|f[cd].*|fe[89ab].*)\])$/i

/**
 * The one way out to addresses that an owner has configured: HTTPS, public hosts, no redirects, which would carry the
 * key along. `privateHosts` (each `host:port`) are let through over HTTP as well.
 */
export function createEgress({
  privateHosts,
  fetch,
}: {
  privateHosts: readonly string[]
  fetch: typeof globalThis.fetch
}): Egress {
  const check = (address: string): void => {
    const url = URL.canParse(address) ? new URL(address) : null
    if (url && /^https?:$/.test(url.protocol) && privateHosts.includes(url.host)) return
    const allowed = url?.protocol === 'https:' && !url.username && !PRIVATE_HOST.test(url.hostname)
    if (!allowed)
      throw turnError('provider_key_unusable', { cause: new Error('The base URL is not one that may be called.') })
  }
  return {
    check,
    async fetch(input, init) {
      check(input instanceof Request ? input.url : String(input))
      return fetch(input, { ...init, redirect: 'error' })
    },
  }
}
