/** From where this file came. A browser may remember a failed import, so each attempt has an address of its own. */
export const fetchFile = (file: string, attempt = 0) =>
  import(/* @vite-ignore */ new URL(file + (attempt ? `?${attempt}` : ''), import.meta.url).href)
