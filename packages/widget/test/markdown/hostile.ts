type Sized = (size: number) => string

/** A piece, repeated. */
const fill =
  (piece: string): Sized =>
  (size) =>
    piece.repeat(Math.ceil(size / piece.length))

const wrap =
  (open: string, close: string): Sized =>
  (size) =>
    `${fill(open)(size / 2)}a${fill(close)(size / 2)}`

/** What is fixed, and what grows. */
const then =
  (...parts: (string | Sized)[]): Sized =>
  (size) =>
    parts.map((part) => (typeof part === 'string' ? part : part(size))).join('')

/** Texts that make a careless parser take minutes or overflow its stack, each of about as many characters as asked for. */
export const HOSTILE: Readonly<Record<string, Sized>> = {
  'open brackets': fill('['),
  'closing brackets': fill(']'),
  'nested brackets': wrap('[', ']'),
  'nested links': wrap('[', '](x)'),
  'nested images': wrap('![', '](x)'),
  'open images': fill('!['),
  'links that never end': fill('[a](b'),
  'links that never end before a blank': then(fill('[a](b'), ' c d'),
  'angled links that never end': fill('[a](<b'),
  'titles that never end': fill('[a](b "'),
  'parentheses that never end': then('[a]', fill('(')),
  'blanks in a link': then('[a](', fill(' '), 'x y'),
  links: fill('[a](b "c") '),
  labels: fill('[a]['),
  footnotes: then(fill('a[^1] '), '\n\n[^1]: b'),
  'a long label': then('[', fill('a'), ']: b'),
  asterisks: fill('*'),
  'strong that never ends': fill('**a '),
  'emphasis of two kinds': fill('*a_ '),
  'lengths that never match': fill('*a **a '),
  'emphasis in words': fill('a*'),
  emphasis: fill('*a* '),
  'nested emphasis': wrap('*a ', ' a*'),
  'nested strong': wrap('**', '**'),
  tildes: fill('~~a '),
  'struck text': fill('~~a~~ '),
  quotes: fill('> '),
  'quotes without blanks': fill('>'),
  'lazy lines under deep quotes': then(`${'>'.repeat(60)}a\n`, fill('a\n')),
  'deep quotes, line by line': fill(`${'>'.repeat(60)}a\n`),
  'code spans': fill('`a` '),
  'code spans of two lengths': fill('`a``b'),
  backticks: fill('`'),
  'backticks of all lengths': (size) => Array.from({ length: Math.sqrt(2 * size) }, (_, i) => '`'.repeat(i)).join(' '),
  backslashes: fill('\\'),
  'escaped brackets': fill('\\['),
  ampersands: fill('&a'),
  entities: fill('a&lt;'),
  'almost an entity': fill('&amp'),
  'angle brackets': fill('<a:'),
  autolinks: fill('<http://a.b>'),
  'almost an autolink': fill('<a@b.'),
  tags: fill('<a b="'),
  'line break tags': fill('<br>'),
  'hard breaks': fill('a  \n'),
  'escaped line endings': fill('a\\\n'),
  'lists in lists on one line': fill('- '),
  'lists in lists': (size) => Array.from({ length: Math.sqrt(size) }, (_, i) => `${'  '.repeat(i)}- a`).join('\n'),
  'a long list': fill('- a\n'),
  'a loose list': fill('- a\n\n'),
  tasks: fill('- [x] a\n'),
  numbers: fill('1. '),
  'a numbered list': fill('1. a\n'),
  headings: fill('# a\n'),
  'underlined headings': fill('a\n=\n'),
  'underlines that are none': fill('=\n'),
  'a heading’s end': then('# a', fill(' #'), 'b'),
  'blanks before': then(fill(' '), 'a'),
  'blanks between': then('a', fill(' '), 'b'),
  tabs: then('-', fill('\t'), 'a'),
  'empty lines': fill('\n'),
  paragraphs: fill('a\n\n'),
  'a long paragraph': fill('a\n'),
  'a long line': fill('a b. '),
  'a long word': fill('a'),
  'almost a rule': then(fill('* '), 'a'),
  rules: fill('***\n'),
  pipes: fill('|'),
  'wide tables': (size) => `${fill('|a')(size / 3)}\n${fill('|-')(size / 3)}\n${fill('|a')(size / 3)}`,
  'a table of 60 columns': then(`${'|a'.repeat(60)}\n${'|-'.repeat(60)}\n`, fill(`${'|a'.repeat(60)}\n`)),
  'long tables': then('a|b\n-|-\n', fill('a|b\n')),
  'delimiter rows': fill('a\n-|-|-\n'),
  'blanks in a delimiter row': then('a\n:-', fill(' '), 'a'),
  fences: fill('```\n'),
  'a fence': then('```\n', fill('a\n')),
  'backticks after a fence': then(fill('`'), 'a`'),
  'indented code': fill('    a\n'),
  'blank lines in code': then('    a\n', fill(`${' '.repeat(99)}\n`), 'b'),
  definitions: (size) => Array.from({ length: size / 10 }, (_, i) => `[${i}]: b\n`).join(''),
  'definitions in use': then('[a]: b\n\n', fill('[a] [a][] [c][a]\n')),
  'late definitions': (size) => {
    const labels = Array.from({ length: size / 20 }, (_, i) => `[${i}]`)
    return labels.map((label) => `${label}\n\n`).join('') + labels.map((label) => `${label}: b\n\n`).join('')
  },
  'late definitions of one paragraph': (size) => {
    const labels = Array.from({ length: size / 20 }, (_, i) => `[${i}]`)
    return `${labels.join(' ')}\n\n${labels.map((label) => `${label}: b\n\n`).join('')}`
  },
  'definitions that never end': fill('[a]: <b\n'),
  URLs: fill('http://a.b/c) '),
  'URLs without a host': fill('http://'),
  'URLs without a scheme': fill('www.'),
  'parentheses in a URL': then('http://a.b/', fill('(')),
  'parentheses after a URL': then('http://a', fill(')')),
  'entities after a URL': then('http://a', fill('&a;')),
  'almost a mail address': fill('a.'),
  'mail addresses without a dot': fill('a@'),
  'mail addresses': fill('a@b. '),
  'mail addresses without a blank': fill('a@b.'),
  'hyphens in a mail address': then('a@b.c', fill('-')),
  'carriage returns': fill('a\r'),
  'half characters': fill('\ud83d'),
  'combining marks': then('a', fill('\u0301')),
  'escaped line endings without letters': fill('\\\n'),
  'long items without letters': fill(`- ${'1 '.repeat(30)}\n`),
  'right to left': fill('*\u05e9\u05dc* \u202e'),
  'marks between characters of no alphabet': fill('**\u3042**\u300c'),
}
