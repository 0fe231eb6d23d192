/**
 * What shows nothing, or turns what is around it: controls, marks of direction, tags, fillers, what has no width. Not a line
 * break; nor what chooses how a character looks that is not Latin.
 */
const HIDDEN =
  /((?!\n|(?<=[^\0-\u02ff\p{DI}]\ufe0f?)[\u200c\u200d\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800])/u

/** The text in pieces: every second one stands for a hidden character, by its number. */
export const splitHidden = (text: string): string[] =>
  text
    .split(HIDDEN)
    .map((piece, place) =>
      place % 2 ? `U+${piece.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}` : piece,
    )

const isObject = (value: unknown): value is object => !!value && typeof value === 'object'

/** Whether there is anything of it to see: the visitor may be shown neither arguments nor result. */
export const isShown = (value: unknown): boolean => (isObject(value) ? Object.keys(value).length > 0 : value != null)

/** Each value within this one, with its path: `refund › amount`, `items › 1 › name`. */
export const listValues = (value: unknown, path: readonly string[] = []): [path: string, text: string][] =>
  isObject(value) && isShown(value)
    ? Object.entries(value).flatMap(([name, one]) =>
        listValues(one, [...path, Array.isArray(value) ? `${Number(name) + 1}` : name]),
      )
    : [[path.join(' › '), typeof value === 'string' && value ? value : JSON.stringify(value)]]
