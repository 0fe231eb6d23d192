import { describe, expect, test } from 'vitest'
import { createMarkdown } from '../../src/markdown/index.ts'
import type { Block } from '../../src/markdown/tree.ts'
import { addFeatures } from './add_features.ts'
import { examples, seededRandom } from './examples.ts'
import { outlineOfBlocks, outlineOfHtml } from './outline.ts'
import { readSoFar, readWhole, textOf } from './read.ts'

addFeatures()

/** An answer with a bit of everything and no mark that is meant as text. */
const ANSWER = `## Getting **started**

You can set it up in *three* steps, as the [installation guide](https://example.com/docs "Docs") says:

1. Install the package with \`npm install\`.
2. Add the **script tag**:

   \`\`\`html
   <script src="/chat.js" async></script>
   \`\`\`

3. Open the page. It should
   greet you.

| Plan | Price | Notes |
| ---- | ----: | ----- |
| Free | 0 | for *small* sites |
| Team | 20 | **everything** in Free<br>and more |

> Keep your key secret.
>
> - It belongs to the server
>   - not to the ~~page~~ browser
> - and to nobody else

- [x] Read this
- [ ] Try it at https://example.com/try

---

### Questions?

Write to help@example.com, or see ![the map](https://example.com/map.png) and ***visit***.

\`\`\`ts
const answer = 6 * 7 // [not](a link), **not bold**
\`\`\`

That is all &amp; good luck!
`

function* prefixes(source: string): Generator<{ blocks: readonly Block[]; at: number }> {
  const text = createMarkdown()
  for (let at = 0; at < source.length; at++) {
    text.append(source.charAt(at))
    yield { blocks: text.blocks, at }
  }
  text.end()
  yield { blocks: text.blocks, at: source.length }
}

describe('while an answer comes in, character by character', () => {
  test('no mark flashes up', () => {
    for (const { blocks, at } of prefixes(ANSWER)) {
      const marks = /[*[\]`#>|~]|&\w/.exec(textOf(blocks, { code: false }))?.[0]
      expect(marks, `after ${ANSWER.slice(Math.max(0, at - 30), at + 1)}`).toBeUndefined()
    }
  })

  test('no block turns into another kind', () => {
    const kinds: string[] = []
    for (const { blocks, at } of prefixes(ANSWER)) {
      const now = blocks.map((block) => block.type)
      expect(now.slice(0, kinds.length), `after ${ANSWER.slice(Math.max(0, at - 30), at + 1)}`).toEqual(kinds)
      kinds.splice(0, kinds.length, ...now)
    }
  })

  test('finished blocks stay the same objects', () => {
    let before: readonly Block[] = []
    for (const { blocks } of prefixes(ANSWER)) {
      // The last block may have grown; the one before it may have been open until this line.
      const settled = before.slice(0, -2)
      expect(settled.every((block, i) => block === blocks[i])).toBe(true)
      before = blocks
    }
  })
})

const lettersOf = (blocks: readonly Block[]) => textOf(blocks).replace(/[^\p{L}\p{N}]/gu, '')

test('a reader never loses a letter or digit that was shown', { timeout: 30_000 }, () => {
  const pieces = [
    [
      'a',
      'b c',
      'x',
      '12',
      'é',
      '。',
      '.',
      '!',
      '"',
      "'",
      ' ',
      '  ',
      '\\',
      '&amp;',
      '<br>',
      'https://foo.bar',
      '(',
      ')',
    ],
    [
      '*',
      '**',
      '***',
      '_',
      '__',
      '~~',
      '~',
      '`c`',
      '``',
      '[',
      ']',
      '![',
      '](/u)',
      '[link](http://x.y "t")',
      '[l](</a b>)',
    ],
    ['\n', '\n\n', '\n  ', '\n    ', '\n\t', '\n- ', '\n  - ', '\n\n- ', '\n1. ', '\n> ', '> ', '- ', '2) ', '- [x] '],
    ['# ', '## ', '---', '===', '```', '~~~', '|', '|--|--|', '| a | b |\n'],
  ].flat()
  const random = seededRandom(5)
  const sources = [ANSWER, ...examples.map(({ markdown }) => markdown)]
  for (let i = 0; i < 1500; i++) {
    let source = ''
    for (let count = 1 + random() * 11; count > 0; count--) source += pieces[Math.floor(random() * pieces.length)]
    sources.push(source)
  }
  const lost: string[] = []
  for (const source of sources) {
    // A definition is shown by no one, and what a backtick that never ends holds is a guess that fails.
    if (source.includes(']:') || textOf(readWhole(source)).includes('`')) continue
    let before = ''
    for (const { blocks, at } of prefixes(source)) {
      const now = lettersOf(blocks)
      if (!now.startsWith(before)) lost.push(`${JSON.stringify(source)} at ${at}: ${before} became ${now}`)
      before = now
    }
  }
  expect(lost).toEqual([])
})

describe('a tail reads as what it will most likely become', () => {
  test.each([
    ['strong', 'a **bo', '<p>a <strong>bo</strong></p>'],
    ['half a closing mark', 'a **bo*', '<p>a <strong>bo</strong></p>'],
    ['nested emphasis', '*a **b', '<p><em>a <strong>b</strong></em></p>'],
    ['both at once', '***a', '<p><em><strong>a</strong></em></p>'],
    ['struck text', '~~a', '<p><del>a</del></p>'],
    ['an opening mark alone', 'a **', '<p>a </p>'],
    ['an asterisk between digits stays', 'x = 5*3', '<p>x = 5*3</p>'],
    ['an asterisk between blanks stays', 'x = 5 * 3', '<p>x = 5 * 3</p>'],
    ['about a number', 'in ~5 minutes', '<p>in ~5 minutes</p>'],
    ['code', 'run `npm i', '<p>run <code>npm i</code></p>'],
    ['code in strong', '**run `npm', '<p><strong>run <code>npm</code></strong></p>'],
    ['a link’s text', 'see [the *docs', '<p>see <a href="">the <em>docs</em></a></p>'],
    ['a link’s text, closed', 'see [docs]', '<p>see <a href="">docs</a></p>'],
    ['a link’s destination', 'see [docs](https://exa', '<p>see <a href="">docs</a></p>'],
    ['a link’s title', 'see [docs](https://a.org "the d', '<p>see <a href="">docs</a></p>'],
    ['brackets that are none', 'see [docs] and', '<p>see [docs] and</p>'],
    ['half an entity', 'a &am', '<p>a </p>'],
    ['half an escape', 'a \\', '<p>a </p>'],
    ['a heading', '## Hea', '<h2>Hea</h2>'],
    ['a list item', 'a\n- b', '<p>a</p><ul><li>b</li></ul>'],
    ['a mark that may be a list, an underline or emphasis', 'a\n-', '<p>a</p>'],
    ['an underline that may be a rule', 'a\n\n--', '<p>a</p>'],
    ['a number that may be an item', 'a\n1.', '<p>a</p>'],
    ['a box', '- a\n- [', '<ul><li>a</li></ul>'],
    ['a fence', 'a\n```', '<p>a</p>'],
    ['a language that is half there', '```pyth', '<pre><code></code></pre>'],
    ['code that has begun', '```py\npri', '<pre><code class="language-py">pri\n</code></pre>'],
    ['half a closing fence', '```\na\n``', '<pre><code>a\n</code></pre>'],
    ['half a definition', 'a\n\n[1]: htt', '<p>a</p>'],
  ])('%s', (_, source, expected) => {
    expect(outlineOfBlocks(readSoFar(source))).toEqual(outlineOfHtml(expected))
  })

  test.each(['| a | b', '| a | b |\n|--', '| a | b |\n|--|--|\n| *c'])('a table: %j', (source) => {
    expect(readSoFar(source).map((block) => block.type)).toEqual(['table'])
  })

  test('also where it ends there before its time', () => {
    const text = createMarkdown()
    text.append('a **b\n\nc **d `e')
    const before = text.blocks
    text.end(true)
    expect(text.blocks).toEqual(before)
    expect(textOf(text.blocks)).toBe('a **b\nc d e\n')
  })

  test('all of a long block that ends before its time is read', () => {
    const text = createMarkdown()
    const long = `${'word '.repeat(4000)}**`
    text.append(long)
    void text.blocks
    text.append('end')
    expect(textOf(text.blocks)).not.toContain('end')
    text.end(true)
    expect(text.blocks).toEqual(readSoFar(`${long}end`))
  })

  test('and as what was written once it has ended', () => {
    expect(textOf(readWhole('a **b [c](d `e\n\n[x'))).toBe('a **b [c](d `e\n[x\n')
  })
})

test('a definition that comes late turns what waited for it into links', () => {
  const text = createMarkdown()
  text.append('> see [one] and [two][2]\n\nother\n\n')
  const [waiting, other] = text.blocks
  expect(textOf(text.blocks)).toContain('[two][2]')
  text.append('[2]: https://a.org\n\nend')
  expect(textOf(text.blocks)).toBe('see [one] and two\nother\nend\n')
  expect(text.blocks[0]).not.toBe(waiting)
  expect(text.blocks[1]).toBe(other)
})

test('line endings may be of any kind, and split', () => {
  for (const ending of ['\n', '\r\n', '\r']) {
    const text = createMarkdown()
    for (const char of `# a${ending}b${ending}${ending}- c${ending}`) {
      text.append(char)
      void text.blocks
    }
    text.end()
    expect(outlineOfBlocks(text.blocks)).toEqual(outlineOfHtml('<h1>a</h1><p>b</p><ul><li>c</li></ul>'))
  }
})
