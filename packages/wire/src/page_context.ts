/** What a page says that the visitor is looking at. Any JSON, of which `title` and `url` are known by these names. */
export interface PageContext {
  readonly title?: string | null | undefined
  readonly url?: string | null | undefined
  readonly [name: string]: unknown
}

/** Most bytes of a page context, as JSON in UTF-8. */
export const MAX_CONTEXT_BYTES = 4_096

const isName = (value: unknown): boolean => value === undefined || value === null || typeof value === 'string'
/** PostgreSQL's jsonb can hold neither U+0000 nor an unpaired surrogate. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

/** Whether a value that came as JSON is a page context. */
export function isPageContext(value: unknown): value is PageContext {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  let storable = true
  const text = JSON.stringify(value, (name: string, member: unknown) => {
    storable &&= isStorable(name) && (typeof member !== 'string' || isStorable(member))
    return member
  })
  const { title, url } = value as Record<string, unknown>
  return storable && isName(title) && isName(url) && new TextEncoder().encode(text).length <= MAX_CONTEXT_BYTES
}
