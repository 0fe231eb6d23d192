import { malformed } from './refusals.ts'

/** What a browser would show as a page or a drawing, with its scripts, whatever the file is called; in XML its names may have a prefix. */
const IS_DOCUMENT =
  /^\s*(<\?xml|<!doctype|<!--|<([\w.-]+:)?(html|head|body|svg|script|iframe|style|title|meta|link)\b)/i

/** A text is UTF-8, without U+0000, and no page or drawing. */
export function checkText(bytes: Uint8Array): void {
  let text: string
  try {
    // A byte order mark is taken off.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformed('it is no text in UTF-8')
  }
  if (text.includes('\0')) throw malformed('it is no text')
  if (IS_DOCUMENT.test(text)) throw malformed('it is a page or a drawing')
}
