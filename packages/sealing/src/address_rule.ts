import { isAddress, isPublicAddress } from './public_address.ts'

/** Says which addresses of model providers may be called: HTTPS on public hosts, and those that the project lists. */
export interface AddressRule {
  /** `null` where no request may go to this address. */
  parse(address: string): URL | null
  /** Whether the project lets this one through although private or over HTTP. */
  isListed(url: URL): boolean
}

/** Names that mean this machine or a network that is nobody's but the host's. No public name is without a dot. */
const PRIVATE_NAME = /^((.*\.)?(localhost|local|internal|lan|home\.arpa)|[^.]+)$/i

/** @param privateHosts each as `host:port` (`host` for the scheme's own port) */
export function createAddressRule(privateHosts: readonly string[]): AddressRule {
  const isListed = ({ protocol, host }: URL): boolean => /^https?:$/.test(protocol) && privateHosts.includes(host)
  return {
    isListed,
    parse(address) {
      const url = URL.canParse(address) ? new URL(address) : null
      if (url && isListed(url)) return url
      const isAllowed = url?.protocol === 'https:' && !url.username && !url.password && !isPrivate(url.hostname)
      return isAllowed ? url : null
    },
  }
}

/** Whether an address that a name was looked up to is none of the public internet. What is no address counts as private. */
export function isPrivateIp(address: string): boolean {
  // In the one spelling that URLs have for it.
  const url = `http://${address.includes(':') ? `[${address}]` : address}/`
  return !URL.canParse(url) || isPrivate(new URL(url).hostname)
}

function isPrivate(hostname: string): boolean {
  if (isAddress(hostname)) return !isPublicAddress(hostname)
  // `localhost.` is `localhost`.
  return PRIVATE_NAME.test(hostname.replace(/\.+$/, ''))
}
