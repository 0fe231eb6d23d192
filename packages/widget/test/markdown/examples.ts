import { HtmlRenderer, Parser } from 'commonmark'
import { tests } from 'commonmark-spec'

/** Whether the reference implementation finds HTML in it, which we show as text instead. */
export function hasHtml(markdown: string): boolean {
  const walker = new Parser().parse(markdown).walker()
  for (let event = walker.next(); event; event = walker.next()) if (event.node.type.startsWith('html')) return true
  return false
}

/** What the reference implementation makes of it. */
export const referenceHtml = (markdown: string): string => new HtmlRenderer().render(new Parser().parse(markdown))

/** The examples of CommonMark 0.31.2 without raw HTML. */
export const examples = tests
  .map(({ markdown, html, section, number }) => ({
    number,
    section,
    markdown: markdown.replaceAll('→', '\t'),
    html: html.replaceAll('→', '\t'),
  }))
  .filter(({ markdown }) => !hasHtml(markdown))

/** Random numbers below 1 that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
