/**
 * An address that names a host, as it was checked: a browser takes `https:host/path` for a place on the page's own site, where
 * the page has the same scheme. `null` where it names none.
 */
export function urlOf(href: string): URL | null {
  try {
    const url = new URL(href)
    return url.host ? url : null
  } catch {
    // Within the page's own site, or no address.
    return null
  }
}

/** Whether a picture may be loaded from there: over HTTPS, from a host that the owner allows. */
export const isAllowed = ({ protocol, host }: URL, hosts: readonly string[]): boolean =>
  protocol === 'https:' &&
  hosts.some((allowed) =>
    allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) && host.length > allowed.length - 1 : host === allowed,
  )
