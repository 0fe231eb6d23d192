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

/** Whether all texts in it can be stored, and it is no deeper than its bytes allow: a depth of thousands takes the stack of who writes it. */
function isStorableJson(value: object): boolean {
  const members: unknown[] = [value]
  for (let objects = 0; members.length > 0;) {
    const member = members.pop()
    if (typeof member === 'string' && !isStorable(member)) return false
    if (typeof member !== 'object' || member === null) continue
    // Each has two brackets.
    if (++objects > MAX_CONTEXT_BYTES / 2 || !Object.keys(member).every(isStorable)) return false
    for (const inner of Object.values(member)) members.push(inner)
  }
  return true
}

/** Whether a value that came as JSON is a page context. */
export function isPageContext(value: unknown): value is PageContext {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isStorableJson(value)) return false
  const { title, url } = value as Record<string, unknown>
  return isName(title) && isName(url) && new TextEncoder().encode(JSON.stringify(value)).length <= MAX_CONTEXT_BYTES
}
