/**
 * Fetches what the panel needs later: a feature, a language or the rest of the client, by its name, from where this file
 * came. A browser may remember a failed import, so each attempt has an address of its own.
 */
export const fetchFile = (name: string, attempt = 0) =>
  import(
    /* @vite-ignore */ new URL(`panel-${name}-${LATER_VERSION}.js${attempt ? `?${attempt}` : ''}`, import.meta.url).href
  )
