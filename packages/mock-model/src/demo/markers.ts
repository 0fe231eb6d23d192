/**
 * Markers that a message can hold to make the mock model fail, or dawdle, in the provider's own wire format.
 * Only the last message of the visitor counts, so the next message in the same thread works again.
 */
export const MARKERS = {
  /** The key is refused. */
  unauthorized: '[[401]]',
  /** Too many requests: `retry-after: 7`. */
  rateLimited: '[[429]]',
  /** The provider breaks. */
  serverError: '[[500]]',
  /** The connection closes in the middle of the answer. */
  cut: '[[cut]]',
  /** The first word takes 3 seconds, and each further one a quarter of one: time to stop, reload or close. */
  slow: '[[slow]]',
  /** The first word never comes: the response stays open, silent, for 90 seconds. */
  silent: '[[silent]]',
  /** An answer of 20,000 characters in 500 pieces, at the pace of the stack. */
  long: '[[long]]',
  /** The answer is the message itself, without the marker: any Markdown can be shown. */
  echo: '[[echo]]',
  /** An answer as usual; then the call for title and follow-ups fails. */
  noFollowUps: '[[no-follow-ups]]',
} as const
