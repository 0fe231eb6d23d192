/**
 * Rules for the last characters of a text that is still coming. What can't be told yet is held back for a moment, so
 * that no mark flashes up and vanishes, and no paragraph turns into something else before the reader's eyes.
 */

/** A last line of which only marks have come: a list item, a heading, a rule, an underline, a fence, a table row? */
const MARKS_ONLY = /^(?:[\s>*+\-_=~`#|:![\]]|\d{1,9}[.)]?(?=\s|$)|\[x(?=\]|$))*$/i

/** Whether the last, unfinished line is better not shown yet. */
export const holdsBack = (line: string): boolean => MARKS_ONLY.test(line)

/**
 * The text without what may become a mark with the next characters: delimiters, half an escape, half a character
 * reference or line break tag, half a surrogate pair.
 */
export const trimTail = (text: string): string =>
  text.replace(/(?<![*_~`\\])[*_~`\\]+$/, '').replace(/&#?\w{0,31}$|<(?:br? ?\/?)?$|[\ud800-\udbff]$/i, '')

/** Whether what follows a `]` is nothing yet, or the beginning of a destination. */
export const likelyLinkEnd = (text: string, at: number): boolean =>
  at === text.length || /^\(\s*(?:(?:<[^<>\n]*(?:>|$)|[^\s<]\S*)(?:\s+(?:["'(][^]*)?)?)?$/.test(text.slice(at))

/** Whether a paragraph is, so far, the beginning of a link reference definition. */
export const maybeDefinition = (text: string): boolean =>
  /^\[(?:[\w^.-]{0,20}\]?|(?:[^[\]\\]|\\.){1,99}\]:\s*(?:\S+(?:\s+(?:["'(][^]*)?)?)?)$/.test(text)
