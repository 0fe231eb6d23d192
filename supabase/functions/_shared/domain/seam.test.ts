import { describe, expect, it } from 'vitest'
import { createSeam } from './seam.ts'

/** The whole, whether what is added comes at once or in pieces of this size. */
function joined(before: string, added: string, size = added.length): string {
  const seam = createSeam(before)
  let whole = before
  for (let at = 0; at < added.length; at += Math.max(size, 1)) whole += seam.pass(added.slice(at, at + size))
  return whole + seam.end()
}

const CODE = 'So:\n\n```python\nfor i in range(10):\n    pri'
const TABLE = '| Lamp | Price |\n|---|---|\n| Luna | 12 |\n| So'

describe('the seam of an answer that goes on', () => {
  it.each([
    ['in a word', 'The ban', 'ana is ripe.', 'The banana is ripe.'],
    ['between words', 'The quick brown', ' fox jumps.', 'The quick brown fox jumps.'],
    [
      'with its last words again',
      'The quick brown fox jumps over',
      'brown fox jumps over the dog.',
      'The quick brown fox jumps over the dog.',
    ],
    [
      'with them and the blank before',
      'The quick brown fox jumps over',
      ' fox jumps over the dog.',
      'The quick brown fox jumps over the dog.',
    ],
    ['with all of it again', 'First this.\n\nThen th', 'First this.\n\nThen that.', 'First this.\n\nThen that.'],
    ['with one word alike', 'He said that', ' that is so.', 'He said that that is so.'],
    ['in code', CODE, 'nt(i)\n```\n', `${CODE}nt(i)\n\`\`\`\n`],
    ['in code, with the line again', CODE, '    print(i)\n```', `${CODE}nt(i)\n\`\`\``],
    ['in code, opened again', CODE, '```python\nnt(i)\n```', `${CODE}nt(i)\n\`\`\``],
    ['in code, opened again on a line of its own', 'A:\n```js\nlet a', '\n```js\nlet b', 'A:\n```js\nlet a\nlet b'],
    ['in code, opened again with the line again', CODE, '```python\n    print(i)\n```', `${CODE}nt(i)\n\`\`\``],
    ['in code, with all of it again', CODE, `${CODE.slice(5)}nt(i)\n`, `${CODE}nt(i)\n`],
    [
      'in code, opened again with a whole line again',
      'A:\n```js\nring()\n',
      '```js\nring()\nwait()\n',
      'A:\n```js\nring()\nwait()\n',
    ],
    [
      'in a table, with its head and a whole row again',
      '| A |\n|---|\n| 1 |\n',
      '| A |\n|---|\n| 1 |\n| 2 |\n',
      '| A |\n|---|\n| 1 |\n| 2 |\n',
    ],
    ['at the end of code', '```\na\n', '```\nDone.', '```\na\n```\nDone.'],
    ['at the end of code with a language', '```js\na\n', '```\nDone.', '```js\na\n```\nDone.'],
    ['after code', '```js\na\n```\n', '```js\nb\n```', '```js\na\n```\n```js\nb\n```'],
    ['with a line of code that is there twice', '  end\nend\n', 'end\n', '  end\nend\nend\n'],
    ['with a brace that is there twice', 'a {\n  b {\n  }', '\n}', 'a {\n  b {\n  }\n}'],
    ['in a list', '- One\n- Tw', 'o\n- Three', '- One\n- Two\n- Three'],
    ['in a list, with the item again', '- One\n- Tw', '- Two\n- Three', '- One\n- Two\n- Three'],
    ['in a list, with its mark again', '1. One\n2. ', '2. Two', '1. One\n2. Two'],
    ['in a table', TABLE, 'l | 30 |\n', `${TABLE}l | 30 |\n`],
    ['in a table, with the row again', TABLE, '| Sol | 30 |\n', `${TABLE}l | 30 |\n`],
    ['in a table, with its head again', TABLE, '| Lamp | Price |\n|---|---|\n| Sol | 30 |', `${TABLE}l | 30 |`],
    [
      'in another script',
      '月光が水面に静かに映って、とても美しい夜',
      '水面に静かに映って、とても美しい夜でした',
      '月光が水面に静かに映って、とても美しい夜でした',
    ],
    ['with nothing', 'Half', '', 'Half'],
    [
      'with a beginning that is no repetition',
      'The quick brown fox jumps',
      'The quick brown cat',
      'The quick brown fox jumpsThe quick brown cat',
    ],
  ])('goes on %s', (_, before, added, whole) => {
    expect(joined(before, added)).toBe(whole)
    for (const size of [1, 2, 3, 7]) expect(joined(before, added, size), `in pieces of ${size}`).toBe(whole)
  })

  it('holds nothing back that can be no repetition', () => {
    const seam = createSeam('The quick brown fox')
    expect(seam.pass(' jumps')).toBe(' jumps')
    expect(seam.pass('The quick brown fox')).toBe('The quick brown fox')
    expect(seam.end()).toBe('')
  })

  it('takes time in proportion to what is repeated', () => {
    const before = 'word '.repeat(40_000)
    const started = performance.now()
    expect(joined(before, `${before.slice(-5_000)}end`, 5).endsWith('word end')).toBe(true)
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})
