import { describe, expect, it, test } from 'vitest'
import type { Message, Source } from '@loacl/core'
import { citedIn } from '../src/features/citations/cited.ts'
import { insertMarks } from '../src/features/citations/insert_marks.ts'
import { createRead, placeMarks, type Read } from '../src/features/citations/place_marks.ts'
import { settle } from '../src/features/citations/settle.ts'
import { citationsOf, nameOf } from '../src/features/citations/sources.ts'
import { type Block, createMarkdown, type Inline } from '../src/markdown/index.ts'
import { addFeatures } from './markdown/add_features.ts'
import { message } from './scripted_client.ts'

addFeatures()

const read: Read = createRead(createMarkdown, false, false)
const page: Source = { type: 'source-url', sourceId: 's', url: 'https://a.test/' }

/** An answer of these texts; `^` stands where each citation ends. */
function cited(...marked: string[]): Message {
  let before = 0
  const citations: { start: number; end: number }[] = []
  const parts = marked.map((text) => {
    const pieces = text.split('^')
    let length = before
    for (const piece of pieces.slice(0, -1)) {
      length += [...piece].length
      citations.push({ start: 0, end: length })
    }
    before += [...pieces.join('')].length
    return { type: 'text' as const, text: pieces.join('') }
  })
  return message({ parts: [...parts, { ...page, citations }] })
}

/** What is shown, with the marks as `^` and what says nothing left out. */
function show(answer: Message, place = 0): string {
  const part = answer.parts[place] as { text: string }
  const places = placeMarks(part.text, citedIn(answer, place), read)
  return read(part.text)
    .flatMap((block, index) => {
      const offsets = [...new Set([...places.values()].filter((at) => at.block === index).map(({ offset }) => offset))]
      const mark: Inline = { type: () => null, props: {}, children: [] }
      return insertMarks(
        block,
        offsets.map((offset) => ({ offset, marks: [mark] })),
      )
    })
    .map(toText)
    .join('¶')
}

function toText(node: Block | Inline): string {
  if (typeof node === 'string') return node
  if (typeof node.type === 'function') return '^'
  if (node.type === 'break') return '⏎'
  if (node.type === 'rule') return '—'
  if ('text' in node) return `<${node.text.trim()}>`
  const inner =
    'cells' in node
      ? node.cells.map((cell) => cell.map(toText).join('')).join('|')
      : node.children.map(toText).join(node.type === 'list' || node.type === 'table' ? '/' : '')
  return /^(em|strong|del|link|image)$/.test(node.type) ? `{${inner}}` : inner
}

const copied = (answer: Message): string => {
  const { text } = answer.parts[0] as { text: string }
  const places = placeMarks(text, citedIn(answer, 0), read)
  return [...places.values()].reduceRight(
    (all, { at }) => (at === null ? `${all}|^` : `${all.slice(0, at)}^${all.slice(at)}`),
    text,
  )
}

describe('a mark stands', () => {
  test.each([
    ['where its citation ends', 'An anchor holds.^ So does a rope^.', 'An anchor holds.^ So does a rope^.'],
    ['before the blank that its citation ends with', 'It holds. ^Yes.', 'It holds.^ Yes.'],
    ['at the end of the line before', 'It holds.\n\n^So.', 'It holds.^¶So.'],
    ['after the word', 'An anc^hor holds.', 'An anchor^ holds.'],
    ['after the character in Chinese', '港口^很深。', '港口^很深。'],
    ['after a letter with its marks', 'cafe^\u0301 au lait', 'cafe\u0301^ au lait'],
    ['after a whole flag', 'go 🇳🇴^🇸🇪 now', 'go 🇳🇴^🇸🇪 now'],
    ['after emphasis', 'a **bold^ claim** here', 'a {bold claim}^ here'],
    ['after a word’s emphasis', 'un*frigging*^believable', 'un{frigging}believable^'],
    ['after emphasis that begins a text', '*^all* of it', '{all}^ of it'],
    ['after emphasis in emphasis', 'a ***bo^ld** claim* here', 'a {{bold} claim}^ here'],
    ['after what is struck out', '~~no^pe~~ yes', '{nope}^ yes'],
    ['after the text of a link', 'see [the qu^ay](https://a.test/x) now', 'see {the quay}^ now'],
    ['after a link, for its address', 'see [the quay](https://a.te^st/x "A title") now', 'see {the quay}^ now'],
    ['after a link in parentheses', 'It is so ([quay](https://a.test/x))^. Yes.', 'It is so ({quay})^. Yes.'],
    ['after a link of a reference', 'see [the quay][r^ef] now\n\n[ref]: https://a.test', 'see {the quay}^ now'],
    ['after a bare address', 'see https://a.te^st/x/y now', 'see {https://a.test/x/y}^ now'],
    ['after code', 'run `a ^b` now', 'run <a b>^ now'],
    ['after a block of code', '```js\nrun^()\n```\n\nDone.', '<run()>¶^¶Done.'],
    ['after a block of code, for its fence', '```j^s\nrun()\n```\n\nDone.', '<run()>¶^¶Done.'],
    ['in a cell', '| a | b |\n| - | - |\n| c^ | d |', 'a|b/c^|d'],
    ['in the last cell, for a whole row', '| a | b |\n| - | - |\n| c | d |^', 'a|b/c|d^'],
    ['in the last cell of the head, for what is below it', '| a | b |\n| -^ | - |\n| c | d |', 'a|b^/c|d'],
    ['in an item', '- one^\n- two\n  1. three^', 'one^/twothree^'],
    ['after the word of an item, for its bullet', '-^ one\n- two', 'one^/two'],
    ['in a heading', '## Head^\n\nText', 'Head^¶Text'],
    ['in a heading with a line below it', 'Head\n===^\n\nText', 'Head^¶Text'],
    ['in a quote', '> said^ so', 'said^ so'],
    ['before a new line', 'one^\\\ntwo', 'one^⏎two'],
    ['after an escape', 'a \\^*b\\* c', 'a *^b* c'],
    ['after a reference of a character', 'a &am^p; b', 'a &^ b'],
    ['once, for two that end alike', 'Both.^^ Yes.', 'Both.^ Yes.'],
  ])('%s', (_, text, shown) => {
    expect(show(cited(text))).toBe(shown)
  })

  test('in the text that it counts in, of several, in characters of Unicode', () => {
    const answer = cited('👋 One^. ', '🧵🧵 Two^.')
    expect([show(answer, 0), show(answer, 1)]).toEqual(['👋 One^. ', '🧵🧵 Two^.'].map((text) => text.trim()))
  })

  test('nowhere that changes what a text says, wherever a citation ends', () => {
    const text = [
      '# A *b* `c`',
      '| a | **b** |\n|:--|--:|\n| [x](https://a.test "t") | `y` \\| z |',
      '1. one\n   - [x] two\n\n     > three ~~four~~ https://b.test/?q=1',
      '```sh\nls\n```\n***\n![i](https://c.test/i.png) &amp; **_deep [l][r]_** end',
      '[r]: https://d.test\nTail\n====',
    ].join('\n\n')
    const plain = read(text).map(toText).join('¶')
    for (let end = 1; end <= text.length; end++) {
      const answer = message({
        parts: [
          { type: 'text', text },
          { ...page, citations: [{ start: 0, end }] },
        ],
      })
      const shown = show(answer)
      expect(shown.replaceAll('¶^', '').replaceAll('^', '')).toBe(plain)
      expect(shown.split('^').length).toBeLessThan(3)
      // In nothing that is followed, and in no code.
      expect(shown).not.toMatch(/[{<][^}>]*\^/)
    }
  })
})

test('a copy has its marks where they change nothing of the text either', () => {
  expect(copied(cited('a **bold^ claim** and [the q^uay](https://a.test/x).'))).toBe(
    'a **bold claim**^ and [the quay](https://a.test/x)^.',
  )
  expect(copied(cited('| a |\n| - |\n| b |^'))).toBe('| a |\n| - |\n| b^ |')
  expect(copied(cited('```\nru^n()\n```\n\nDone.^'))).toBe('```\nrun()\n```\n\nDone.^|^')
})

it('stays whole in what belongs together', () => {
  const family = '👩‍👩‍👧‍👦'
  for (let at = 1; at < family.length; at++) {
    if (/[\udc00-\udfff]/.test(family[at]!)) continue
    expect(settle(`${family} x`, at)).toBe(family.length)
  }
  expect(settle('👍🏽!', 2)).toBe(4)
  expect(settle('नमस्ते', 3)).toBe(6)
})

it('is quick where hundreds of citations have no place that is simple', () => {
  const text = 'see [the quay](https://a.test/x) and **so on** `x` '.repeat(200)
  const citations = Array.from({ length: 200 }, (_, n) => ({ start: 0, end: n * 50 + 7 }))
  const answer = message({
    parts: [
      { type: 'text', text },
      { ...page, citations },
    ],
  })
  const before = performance.now()
  placeMarks(text, citedIn(answer, 0), read)
  expect(performance.now() - before).toBeLessThan(3_000)
})

test('what another version sends as citations breaks nothing', () => {
  for (const citations of [
    null,
    7,
    'x',
    {},
    [null, 7, 'x', { end: 'x' }, { end: -1 }, { end: 1e9 }, { end: Number.NaN }],
  ]) {
    const source = { ...page, citations } as unknown as Source
    const answer = message({ parts: [{ type: 'text', text: 'Words.' }, source] })
    expect(citationsOf(source).every((citation) => typeof citation === 'object')).toBe(true)
    expect(citedIn(answer, 0)).toEqual([])
  }
})

test('a source has a name of one line that ends and turns nothing', () => {
  expect(nameOf({ ...page, title: '\u202eevil\u2066\n<b>' })).toBe('evil <b>')
  expect(nameOf({ ...page, title: ' \u200f ' })).toBe('a.test')
  expect(nameOf({ ...page, url: 'javascript:alert(1)' })).toBe('javascript:alert(1)')
  expect(nameOf({ ...page, title: '🙂'.repeat(1_000) }).length).toBeLessThan(202)
})
