/** Scripts without blanks between words: there a mark stands where it was put. */
const UNSPACED = String.raw`\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}`

/**
 * What belongs to the character before it: combining marks and joiners, what these join, the second half of a flag, and the
 * rest of a word.
 */
const BELONGS = new RegExp(
  String.raw`[\p{M}\u200d\p{EMod}\u{e0020}-\u{e007f}]|(?<=\u200d)\p{ExtPict}|` +
    String.raw`(?<=(?<!\p{RI})(?:\p{RI}\p{RI})*\p{RI})\p{RI}|(?<=[\p{L}\p{N}\p{M}][*_~]*)(?![${UNSPACED}])[\p{L}\p{N}]`,
  'uy',
)

/** Where a mark may stand that belongs after `at`: right after words, not in the middle of one. */
export function settle(text: string, at: number): number {
  while (/\s/.test(text.charAt(at - 1))) at--
  for (BELONGS.lastIndex = at; BELONGS.test(text);) at = BELONGS.lastIndex
  return at
}

/** Ends of what Markdown writes with marks of its own, of what has no blanks, and of the line, after `at`: the nearest ones. */
export function endsAfter(text: string, at: number): number[] {
  const line = /\n|$/g
  line.lastIndex = at
  const end = line.exec(text)!.index
  const rest = text.slice(at, end)
  const ends = [...rest.matchAll(/^\S+/g), ...rest.matchAll(/[)\]>`*_~]+/g)].map(
    (match) => at + match.index + match[0].length,
  )
  return [...ends.toSorted((a, b) => a - b).slice(0, NEAREST), settle(text, end)]
}

/** Ends of words before `at`: the nearest ones. Where nothing after it will do, as in a table's syntax. */
export const endsBefore = (text: string, at: number): number[] =>
  [...text.slice(Math.max(0, at - 500), at).matchAll(/[\p{L}\p{N}\p{P}](?=\s|$)/gu)]
    .slice(-NEAREST)
    .map((match) => match.index + match[0].length + Math.max(0, at - 500))
    .toReversed()

const NEAREST = 8
