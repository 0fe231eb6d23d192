/** The longest id of a call that is stored. */
const MOST_CHARACTERS = 255

/**
 * The ids of one response's calls: the provider's own, or one that is made here where it sends none, an endless one, or the
 * same again. A result names its call by it.
 */
export function createCallIds(): (id: string) => string {
  const known = new Set<string>()
  return (id) => {
    const own = id === '' || id.length > MOST_CHARACTERS || known.has(id) ? `call_${crypto.randomUUID()}` : id
    known.add(own)
    return own
  }
}
