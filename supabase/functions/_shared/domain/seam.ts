/**
 * Joins what a model says to an answer that was cut, as it comes. A model that is asked to go on often begins with the words
 * that are there already, or opens again the code block or the table that is still open.
 */
export interface Seam {
  /** What of the next piece is new. It holds back what may yet be a repetition. */
  pass(piece: string): string
  /** What it still holds back, once nothing more comes. */
  end(): string
}

/** How far back a repetition may begin, in characters. */
const WINDOW = 20_000
/** From so many characters on what is alike is a repetition where it begins with a word; and else. */
const SHORTEST = 10
const SHORTEST_WITHIN_A_WORD = 16
/** The same for whole lines: code and lists have some that are alike. */
const SHORTEST_LINES = 20

export function createSeam(before: string): Seam {
  const openings = openingsOf(before)
  const starts = startsOf(before)
  const linesWithin = openings.length > 0 ? linesSince(before, openings[0]!) : []
  let held: string | null = ''

  const join = (isWhole: boolean): string => {
    const fresh = held === null ? '' : afterRepetition(held, isWhole)
    if (fresh !== null) held = null
    return fresh ?? ''
  }

  /** `null` while it may go on. */
  function afterRepetition(said: string, isWhole: boolean): string | null {
    if (!isWhole && openings.some((opening) => opening.length > said.length && opening.startsWith(said))) return null
    const opening = openings.find((known) => said.startsWith(known)) ?? ''
    const rest = said.slice(opening.length)
    // Who opens it again repeats lines of it, however short they are.
    const places = opening ? [...linesWithin, ...starts] : starts
    const isOpen = (start: number) => before.length - start > rest.length && before.startsWith(rest, start)
    if (!isWhole && places.some(isOpen)) return null
    // The longest one: both are in the order of the text.
    const start = places.find((at) => rest.startsWith(before.slice(at)))
    if (start !== undefined) return rest.slice(before.length - start)
    return opening.startsWith('\n') ? `\n${rest}` : rest
  }

  return {
    pass(piece) {
      if (held === null) return piece
      held += piece
      return join(false)
    },
    end: () => join(true),
  }
}

/** Places in a text from which on it may be repeated. */
function startsOf(before: string): number[] {
  const line = before.lastIndexOf('\n') + 1
  const isWholeLines = line === before.length
  const starts: number[] = []
  for (let at = Math.max(0, before.length - WINDOW); at < before.length; at++) {
    const shortest = isLetter(before[at - 1]) && isLetter(before[at]) ? SHORTEST_WITHIN_A_WORD : SHORTEST
    if (before.length - at >= (isWholeLines ? SHORTEST_LINES : shortest)) starts.push(at)
  }
  // A line that is not finished is begun again.
  if (before.slice(line).trim() !== '' && before.length - line < SHORTEST) starts.push(line)
  return starts
}

/** The beginnings of the lines after the last place that a text has been opened in this way. */
function linesSince(before: string, opening: string): number[] {
  const lines: number[] = []
  for (
    let at = before.lastIndexOf(opening) + opening.length;
    at > 0 && at < before.length;
    at = before.indexOf('\n', at) + 1
  )
    lines.push(at)
  return lines
}

const isLetter = (character: string | undefined): boolean => /[\p{L}\p{N}_]/u.test(character ?? '')

/** How a model may open again what is still open at the end of a text: its code block, or its table. */
function openingsOf(before: string): string[] {
  const lines = before.split('\n')
  const opening = openFence(lines) ?? openTable(lines)
  return opening ? [opening, `\n${opening}`] : []
}

/** The line that opened a code block which is not closed. One without a language may as well be what closes it. */
function openFence(lines: readonly string[]): string | null {
  let open: { mark: string; language: string } | null = null
  for (const line of lines) {
    const [, mark, language = ''] = /^[\s>]*(?:(?:[-*+]|\d+[.)])\s+)?(`{3,}|~{3,})[ \t]*([^\s`]*)/.exec(line) ?? []
    if (!mark) continue
    if (!open) open = { mark, language }
    else if (mark.startsWith(open.mark) && language === '') open = null
  }
  return open?.language ? `${open.mark}${open.language}\n` : null
}

/** The head of a table in which a text ends. */
function openTable(lines: readonly string[]): string | null {
  const first = lines.findLastIndex((line, at) => !/^\s*\|/.test(line) && (line !== '' || at < lines.length - 1)) + 1
  const [head, rule, ...rows] = lines.slice(first)
  return rows.length > 0 && /^\s*\|[\s:|-]*-[\s:|-]*$/.test(rule!) ? `${head}\n${rule}\n` : null
}
