/** The host that an address leads to; `null` where it names none. */
export function hostOf(href: string): string | null {
  try {
    return new URL(href).host || null
  } catch {
    // Within the page's own site, or no address.
    return null
  }
}

/** Whether a picture may be loaded from there: over HTTPS, from a host that the owner allows. */
export function isAllowed(href: string, hosts: readonly string[]): boolean {
  const host = hostOf(href)
  return (
    host !== null &&
    new URL(href).protocol === 'https:' &&
    hosts.some((allowed) =>
      allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) && host.length > allowed.length - 1 : host === allowed,
    )
  )
}
