import { describe, expect, test } from 'vitest'
import { createMarkdown } from '../../src/markdown/index.ts'
import { textOf } from './read.ts'

const SIZE = 50_000
const fill = (piece: string, size = SIZE): string => piece.repeat(Math.ceil(size / piece.length))
const wrap = (open: string, close: string): string => fill(open, SIZE / 2) + 'a' + fill(close, SIZE / 2)

/** Each makes a careless parser take minutes or overflow its stack. Ours reads any of them in well under a second. */
const INPUTS: Readonly<Record<string, string>> = {
  'open brackets': fill('['),
  'closing brackets': fill(']'),
  'nested brackets': wrap('[', ']'),
  'nested links': wrap('[', '](x)'),
  'nested images': wrap('![', '](x)'),
  'links that never end': fill('[a](b'),
  'angled links that never end': fill('[a](<b'),
  'titles that never end': fill('[a](b "'),
  'parentheses that never end': `[a]${fill('(')}`,
  'blanks in a link': `[a](${fill(' ')}x y`,
  labels: fill('[a]['),
  asterisks: fill('*'),
  'strong that never ends': fill('**a '),
  'emphasis of two kinds': fill('*a_ '),
  'lengths that never match': fill('*a **a '),
  'nested emphasis': wrap('*a ', ' a*'),
  'nested strong': wrap('**', '**'),
  tildes: fill('~~a '),
  quotes: fill('> '),
  'quotes without blanks': fill('>'),
  'lazy lines under deep quotes': `${fill('>', 1000)}a\n${fill('a\n')}`,
  backticks: fill('`'),
  'backticks of all lengths': Array.from({ length: 315 }, (_, i) => '`'.repeat(i)).join(' '),
  backslashes: fill('\\'),
  ampersands: fill('&a'),
  'angle brackets': fill('<a:'),
  'line break tags': fill('<br>'),
  'lists in lists on one line': fill('- '),
  'lists in lists': Array.from({ length: 220 }, (_, i) => `${'  '.repeat(i)}- a`).join('\n'),
  'a long list': fill('- a\n'),
  numbers: fill('1. '),
  'a heading’s end': `# a${fill(' #')}b`,
  'blanks before': `${fill(' ')}a`,
  'blanks between': `a${fill(' ')}b`,
  tabs: `-${fill('\t')}a`,
  'empty lines': fill('\n'),
  'a long paragraph': fill('a\n'),
  'almost a rule': `${fill('* ')}a`,
  pipes: fill('|'),
  'wide tables': `${fill('|a', 400)}\n${fill('|-', 400)}\n|a`,
  'long tables': `a|b\n-|-\n${fill('a|b\n')}`,
  'delimiter rows': fill('a\n-|-|-\n'),
  fences: fill('```\n'),
  'blank lines in code': `    a\n${fill('     \n')}b`,
  definitions: Array.from({ length: 4000 }, (_, i) => `[${i}]: b\n`).join(''),
  'late definitions': Array.from({ length: 8000 }, (_, i) => (i < 4000 ? `[${i}]\n\n` : `[${i - 4000}]: b\n\n`)).join(
    '',
  ),
  URLs: fill('http://'),
  'parentheses after a URL': `http://a${fill(')')}`,
  'entities after a URL': `http://a${fill('&a;')}`,
  'almost a mail address': fill('a.'),
  'mail addresses': fill('a@'),
  'carriage returns': fill('a\r'),
  'half characters': fill('\ud83d'),
}

describe('50,000 characters of', () => {
  // The time allowed is some hundred times what is needed, and a small part of what a quadratic reading would take.
  test.each(Object.entries(INPUTS))('%s', { timeout: 30_000 }, (_, source) => {
    const text = createMarkdown()
    for (let at = 0; at < source.length; at += 5000) {
      text.append(source.slice(at, at + 5000))
      void text.blocks
    }
    text.end()
    // As deep as it gets, a renderer can follow.
    expect(() => JSON.stringify(text.blocks)).not.toThrow()
    expect(depthOf(text.blocks)).toBeLessThan(250)
    expect(textOf(text.blocks).includes('a')).toBe(source.includes('a'))
  })
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let deepest = 0
  for (const child of Object.values(value)) deepest = Math.max(deepest, depthOf(child))
  return deepest + 1
}
