import { describe, expect, test } from 'vitest'
import { createMarkdown } from '../../src/markdown/stream.ts'
import type { Block } from '../../src/markdown/tree.ts'
import { examples, seededRandom } from './examples.ts'
import { outlineOfBlocks, outlineOfHtml } from './outline.ts'

/** Where GFM or bytes decided otherwise. */
const DIFFERENT = new Map([
  [25, 'names rare entities; only common ones are known'],
  [602, 'has a bare URL, which GFM links'],
  [608, 'has a bare URL, which GFM links'],
  [611, 'has a bare URL, which GFM links'],
  [612, 'has a bare mail address, which GFM links'],
])

function readWhole(source: string): readonly Block[] {
  const text = createMarkdown()
  text.append(source)
  text.end()
  return text.blocks
}

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
