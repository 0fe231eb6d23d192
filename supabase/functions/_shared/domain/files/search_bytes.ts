// What is looked for is ASCII and a few other characters, which this leaves as they are.
const latin1 = new TextDecoder('latin1')
const WINDOW = 1_048_576
/** Longest that is found wherever it is. */
const OVERLAP = 1_024

/** A character for each byte. */
export const toLatin1 = (bytes: Uint8Array): string => latin1.decode(bytes)

/**
 * Whether a text stands somewhere in these bytes. Looks at a window at a time: as one text, a file would take twice its bytes
 * besides.
 *
 * @param pattern what has to match as well, where the text is
 */
export function holds(bytes: Uint8Array, text: string, pattern?: RegExp): boolean {
  for (let from = 0; from < bytes.length; from += WINDOW) {
    const window = toLatin1(bytes.subarray(from, from + WINDOW + OVERLAP))
    if (window.includes(text) && (!pattern || pattern.test(window))) return true
  }
  return false
}
