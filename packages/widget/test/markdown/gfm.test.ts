import { describe, expect, test } from 'vitest'
import { addFeatures } from './add_features.ts'
import { outlineOfBlocks, outlineOfHtml } from './outline.ts'
import { readWhole } from './read.ts'

addFeatures()

/** Examples of GitHub Flavored Markdown 0.29 (https://github.github.com/gfm/), and what its users write besides. */
const CASES: Readonly<Record<string, readonly (readonly [title: string, markdown: string, html: string])[]>> = {
  tables: [
    [
      'a head and a body',
      '| foo | bar |\n| --- | --- |\n| baz | bim |',
      '<table><thead><tr><th>foo</th><th>bar</th></tr></thead><tbody><tr><td>baz</td><td>bim</td></tr></tbody></table>',
    ],
    [
      'columns aligned, outer pipes left off',
      '| abc | defghi |\n:-: | -----------:\nbar | baz',
      '<table><thead><tr><th align="center">abc</th><th align="right">defghi</th></tr></thead>' +
        '<tbody><tr><td align="center">bar</td><td align="right">baz</td></tr></tbody></table>',
    ],
    [
      'an escaped pipe, in code too',
      '| f\\|oo  |\n| ------ |\n| b `\\|` az |\n| b **\\|** im |',
      '<table><thead><tr><th>f|oo</th></tr></thead><tbody><tr><td>b <code>|</code> az</td></tr>' +
        '<tr><td>b <strong>|</strong> im</td></tr></tbody></table>',
    ],
    [
      'another block ends it',
      '| abc | def |\n| --- | --- |\n| bar | baz |\n> bar',
      '<table><thead><tr><th>abc</th><th>def</th></tr></thead><tbody><tr><td>bar</td><td>baz</td></tr></tbody></table>' +
        '<blockquote><p>bar</p></blockquote>',
    ],
    [
      'a blank line ends it, a line without pipes does not',
      '| abc | def |\n| --- | --- |\n| bar | baz |\nbar\n\nbar',
      '<table><thead><tr><th>abc</th><th>def</th></tr></thead><tbody><tr><td>bar</td><td>baz</td></tr>' +
        '<tr><td>bar</td><td></td></tr></tbody></table><p>bar</p>',
    ],
    [
      'as many delimiters as heads, or it is none',
      '| abc | def |\n| --- |\n| bar |',
      '<p>| abc | def |\n| --- |\n| bar |</p>',
    ],
    [
      'surplus cells are left out',
      '| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |',
      '<table><thead><tr><th>abc</th><th>def</th></tr></thead><tbody><tr><td>bar</td><td></td></tr>' +
        '<tr><td>bar</td><td>baz</td></tr></tbody></table>',
    ],
    ['a head alone', '| abc | def |\n| --- | --- |', '<table><thead><tr><th>abc</th><th>def</th></tr></thead></table>'],
    [
      'below a paragraph and in a list',
      '- intro\n  | a | b |\n  |---|---|\n  | 1 | 2 |',
      '<ul><li>intro<table><thead><tr><th>a</th><th>b</th></tr></thead>' +
        '<tbody><tr><td>1</td><td>2</td></tr></tbody></table></li></ul>',
    ],
    [
      'a line break tag in a cell',
      '| a |\n|---|\n| 1<br>2<br />3 |',
      '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1<br />2<br />3</td></tr></tbody></table>',
    ],
  ],
  strikethrough: [
    ['two tildes', '~~Hi~~ Hello, world!', '<p><del>Hi</del> Hello, world!</p>'],
    ['one tilde', '~Hi~ there', '<p><del>Hi</del> there</p>'],
    ['not across paragraphs', 'This ~~has a\n\nnew paragraph~~.', '<p>This ~~has a</p><p>new paragraph~~.</p>'],
    ['not three', 'This will ~~~not~~~ strike.', '<p>This will ~~~not~~~ strike.</p>'],
    ['ranges of numbers are none', '10~20 or 30~40', '<p>10~20 or 30~40</p>'],
  ],
  'task lists': [
    [
      'done and to do',
      '- [ ] foo\n- [x] bar',
      '<ul><li><input type="checkbox" />foo</li><li><input type="checkbox" />bar</li></ul>',
    ],
    [
      'nested',
      '- [x] foo\n  - [ ] bar',
      '<ul><li><input type="checkbox" />foo<ul><li><input type="checkbox" />bar</li></ul></li></ul>',
    ],
    ['only at the beginning of an item', 'a [x] b\n\n- c [ ] d', '<p>a [x] b</p><ul><li>c [ ] d</li></ul>'],
  ],
  'bare URLs': [
    ['www', 'www.commonmark.org', '<p><a href="http://www.commonmark.org">www.commonmark.org</a></p>'],
    [
      'a sentence around it',
      'Visit www.commonmark.org/a.b. Or (see https://a.org/b_(c)).',
      '<p>Visit <a href="http://www.commonmark.org/a.b">www.commonmark.org/a.b</a>. ' +
        'Or (see <a href="https://a.org/b_(c)">https://a.org/b_(c)</a>).</p>',
    ],
    [
      'what looks like an entity at the end',
      'www.google.com/search?q=a&hl=en www.google.com/search?q=a&hl;',
      '<p><a href="http://www.google.com/search?q=a&amp;hl=en">www.google.com/search?q=a&amp;hl=en</a> ' +
        '<a href="http://www.google.com/search?q=a">www.google.com/search?q=a</a>&amp;hl;</p>',
    ],
    [
      'in emphasis',
      '**https://a.org** and _www.a.org_',
      '<p><strong><a href="https://a.org">https://a.org</a></strong> and <em><a href="http://www.a.org">www.a.org</a></em></p>',
    ],
    ['underscores in it', 'https://a.org/b_c_d', '<p><a href="https://a.org/b_c_d">https://a.org/b_c_d</a></p>'],
    [
      'the end of a sentence in Chinese',
      '见https://a.org/b。好',
      '<p>见<a href="https://a.org/b">https://a.org/b</a>。好</p>',
    ],
    [
      'mail',
      'a.b-c_d@a.b a.b-c_d@a.b. a@b-',
      '<p><a href="mailto:a.b-c_d@a.b">a.b-c_d@a.b</a> <a href="mailto:a.b-c_d@a.b">a.b-c_d@a.b</a>. a@b-</p>',
    ],
    [
      'not in code, not in another link',
      '`www.a.org` [see www.a.org](/b)',
      '<p><code>www.a.org</code> <a href="/b">see www.a.org</a></p>',
    ],
    ['no domain', 'https:// and http://, @a', '<p>https:// and http://, @a</p>'],
  ],
}

describe.each(Object.entries(CASES))('GFM %s', (_, cases) => {
  test.each(cases)('%s', (_title, markdown, html) => {
    expect(outlineOfBlocks(readWhole(markdown))).toEqual(outlineOfHtml(html))
  })
})

test('strong text beside a quote needs no blanks in Chinese, Japanese and Korean', () => {
  const html = '<p>这是<strong>“重点”</strong>的。<strong>강조(strong)</strong>는</p>'
  expect(outlineOfBlocks(readWhole('这是**“重点”**的。**강조(strong)**는'))).toEqual(outlineOfHtml(html))
})

test('raw HTML is text', () => {
  const markdown = '<script>alert(1)</script>\n\na <img src=x onerror=alert(1)> b'
  const html = '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p><p>a &lt;img src=x onerror=alert(1)&gt; b</p>'
  expect(outlineOfBlocks(readWhole(markdown))).toEqual(outlineOfHtml(html))
})
