import { describe, expect, test } from 'vitest'
import { createMarkdown } from '../../src/markdown/index.ts'
import { addFeatures } from './add_features.ts'
import { examples, hasHtml, referenceHtml, seededRandom } from './examples.ts'
import { type Outline, outlineOfBlocks, outlineOfHtml } from './outline.ts'
import { readWhole } from './read.ts'

/** Where GFM or bytes decided otherwise. */
const DIFFERENT = new Map([
  [25, 'names characters of HTML 5; those of HTML 4 are known'],
  [602, 'has a bare URL, which GFM links'],
  [608, 'has a bare URL, which GFM links'],
  [611, 'has a bare URL, which GFM links'],
  [612, 'has a bare mail address, which GFM links'],
])

addFeatures()

describe('CommonMark 0.31.2', () => {
  test('the examples are the 580 without raw HTML', () => {
    expect(examples).toHaveLength(580)
  })

  test.each(examples.filter(({ number }) => !DIFFERENT.has(number)))('$number $section', ({ markdown, html }) => {
    expect(outlineOfBlocks(readWhole(markdown))).toEqual(outlineOfHtml(html))
  })

  test.each([...DIFFERENT])('%i differs: it %s', (number) => {
    const example = examples.find((candidate) => candidate.number === number)
    expect(outlineOfBlocks(readWhole(example?.markdown ?? ''))).not.toEqual(outlineOfHtml(example?.html ?? ''))
  })
})

test('a text that comes in pieces reads like the whole, wherever it is split and however often it is looked at', () => {
  const random = seededRandom(7)
  for (const { markdown, number } of examples) {
    const text = createMarkdown()
    for (let at = 0; at < markdown.length;) {
      const next = at + 1 + Math.floor(random() * 6)
      text.append(markdown.slice(at, next))
      if (random() < 0.7) void text.blocks
      at = next
    }
    text.end()
    expect(text.blocks, `example ${number}`).toEqual(readWhole(markdown))
  }
})

const PIECES = [
  ['a', 'b c', 'é', '。', '.', '!', '"', "'", ' ', '  ', '\\', '&amp;', '(', ')', '<a:b>'],
  ['*', '**', '***', '_', '__', '`', '``', '[', ']', '![', '](/u)', '[foo]', '[foo]: /x "t"\n'],
  ['\n', '\n\n', '\n  ', '\n    ', '\n\t', '\n- ', '\n  - ', '\n\n- ', '\n1. ', '\n> ', '> ', '- ', '2) ', '+ '],
  ['# ', '## ', '---', '===', '```', '~~~'],
].flat()

/** The reference drops blanks from blank lines of code in lists. */
const comparable = (outline: Outline) => JSON.stringify(outline).replace(/(?: |\\t)+\\n/g, '\\n')

test('random texts read as the reference implementation reads them', { timeout: 30_000 }, () => {
  const random = seededRandom(11)
  const different: string[] = []
  for (let i = 0; i < 3000; i++) {
    let source = ''
    for (let pieces = 1 + random() * 13; pieces > 0; pieces--) source += PIECES[Math.floor(random() * PIECES.length)]
    if (hasHtml(source)) continue
    // The reference leaves empty paragraphs after definitions.
    const expected = outlineOfHtml(referenceHtml(source).replaceAll('<p></p>\n', ''))
    const actual = outlineOfBlocks(readWhole(source))
    if (comparable(actual) !== comparable(expected)) different.push(source)
  }
  expect(different).toEqual([])
})
