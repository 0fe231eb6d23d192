const SCHEMES = new Set(['http', 'https', 'mailto', 'tel'])

/**
 * The URL, if a link in an answer may lead there: web, mail and telephone, or a place on the page's own site.
 * Otherwise `null`. Browsers overlook spaces and control characters in a scheme, so they are left out for the check.
 */
export function safeUrl(url: string): string | null {
  // oxlint-disable-next-line no-control-regex
  const compact = url.replace(/[\0-\x20\x7f-\xa0]/g, '')
  const scheme = /^([^/?#:]*):/.exec(compact)?.[1]
  return compact && (scheme === undefined || SCHEMES.has(scheme.toLowerCase())) ? url.trim() : null
}
