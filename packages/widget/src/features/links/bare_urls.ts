import type { BareUrl } from '../runtime.ts'

/**
 * GFM's extended autolinks: `www.`, `http(s)://` and mail addresses in running text. The look-behind lets each word be
 * tried once only. CJK punctuation ends a URL, since no space follows it.
 */
const BARE =
  /(?<![a-z\d])(https?:\/\/|www\.)[^\s<>[\]"`*|\u3000-\u303f\uff00-\uffef]+|(?<![\w.+-])[\w.+-]+@[a-z\d][\w-]*(?:\.[\w-]+)+/gi

export function findBareUrls(text: string): BareUrl[] {
  if (!/:\/\/|www\.|@/i.test(text)) return []
  const found: BareUrl[] = []
  for (const { 0: match, 1: prefix, index: start } of text.matchAll(BARE)) {
    const url = trimEnd(match)
    // A domain follows the prefix; a mail address doesn't end in - or _.
    if (prefix ? !/^[\p{L}\p{N}]/u.test(url.slice(prefix.length)) : !/@.*[a-z\d]$/i.test(url)) continue
    const href = (prefix ? (/^w/i.test(url) ? 'http://' : '') : 'mailto:') + url
    found.push({ start, end: start + url.length, href })
  }
  return found
}

/** Leaves off what belongs to the sentence: punctuation, an entity, a parenthesis that it did not open. */
function trimEnd(url: string): string {
  let end = url.length
  let surplus = url.split(')').length - url.split('(').length
  for (; end; end--) {
    const char = url.charAt(end - 1)
    if (char === ')' && surplus > 0) surplus--
    else if (char === ';') end -= (/&[a-z\d]{1,32};$/i.exec(url.slice(Math.max(0, end - 40), end))?.[0].length ?? 1) - 1
    else if (!/[?!.,:*_~']/.test(char)) break
  }
  return url.slice(0, end)
}
