import { Component, type ComponentChild, Fragment, h, isValidElement } from 'preact'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CodeBarProps } from '../../src/markdown/block_view.tsx'
import { createFurther, further, lacking } from '../../src/markdown/further.ts'
import { Markdown, type MarkdownProps } from '../../src/markdown/markdown_view.tsx'
import { safeUrl } from '../../src/markdown/urls.ts'
import { addFeatures } from './add_features.ts'

addFeatures()

interface Element {
  tag: string
  props: Record<string, unknown>
  children: (Element | string)[]
}

type Renderable = Component<Record<string, unknown>>

/** What a component renders, down to elements. */
function expand(child: ComponentChild): (Element | string)[] {
  if (Array.isArray(child)) return child.flatMap(expand)
  if (typeof child === 'string' || typeof child === 'number') return [String(child)]
  if (!isValidElement(child)) return []
  const { type } = child
  const { children, ...props } = child.props as { children?: ComponentChild }
  if (type === Fragment) return expand(children)
  if (typeof type === 'string') return [{ tag: type, props, children: expand(children) }]
  const made = new (type as unknown as new (props: object) => Renderable)(props)
  return expand(made.render(props, made.state))
}

const show = (source: string, streaming = false) => expand(h(Markdown, { source, streaming }))

function find(tree: readonly (Element | string)[], tag: string): Element[] {
  return tree.flatMap((node) =>
    typeof node === 'string' ? [] : [...(node.tag === tag ? [node] : []), ...find(node.children, tag)],
  )
}
const textOf = (tree: readonly (Element | string)[]): string =>
  tree.map((node) => (typeof node === 'string' ? node : textOf(node.children))).join('')

describe('a URL in an answer', () => {
  test.each([
    ['https://a.org/b?c=d#e'],
    ['HTTP://a.org'],
    ['mailto:a@b.c'],
    ['tel:+49123'],
    ['/a/b'],
    ['a/b:c'],
    ['?a=b:c'],
    ['#a:b'],
    ['//a.org'],
  ])('%s may be followed', (url) => {
    expect(safeUrl(url)).toBe(url)
  })

  test.each([
    ['javascript:alert(1)'],
    ['JavaScript:alert(1)'],
    [' javascript:alert(1)'],
    ['java\nscript:alert(1)'],
    ['java\tscript:alert(1)'],
    ['\u0001javascript:alert(1)'],
    ['javascript\u00a0:alert(1)'],
    ['data:text/html,<script>alert(1)</script>'],
    ['vbscript:a'],
    ['blob:https://a.org/b'],
    ['file:///etc/passwd'],
    ['intent://a'],
    ['a:b'],
    [':a'],
    [''],
  ])('%j may not', (url) => {
    expect(safeUrl(url)).toBeNull()
  })

  test('that may not is left out, and its text stays', () => {
    const sources = [
      '[a *b*](javascript:alert(1))',
      '[a *b*](java&#10;script:alert(1))',
      '[a *b*](<javascript&colon;alert(1)>)',
      '[a *b*](&#x6A;avascript:alert(1))',
      '![a *b*](data:image/svg+xml,x)',
      '[a *b*]\n\n[a *b*]: javascript:alert(1)',
    ]
    for (const source of sources) {
      const tree = show(source)
      for (const link of find(tree, 'a')) expect(safeUrl(String(link.props.href))).not.toBeNull()
      expect(textOf(tree)).toBe('a b')
    }
    expect(find(show('<javascript:alert(1)>'), 'a')).toEqual([])
  })
})

test('links open apart, tell nobody where they were and lend no weight', () => {
  const [link] = find(show('[a](https://a.org "t")'), 'a')
  expect(link?.props).toMatchObject({
    href: 'https://a.org',
    title: 't',
    target: '_blank',
    rel: 'noopener noreferrer nofollow ugc',
  })
})

test('an image is a link: nothing is loaded from elsewhere', () => {
  const tree = show('![a **cat**](https://a.org/c.png?q=secret) ![](https://a.org/d.png)')
  expect(find(tree, 'img')).toEqual([])
  expect(find(tree, 'a').map((link) => textOf([link]))).toEqual(['a cat', 'https://a.org/d.png'])
})

test.each([
  ['# a\n## b\n### c\n#### d\n##### e\n###### f', 'h3 h4 h5 h6 h6 h6'],
  ['#### a\n#### b', 'h3 h3'],
  ['### a\n##### b\n#### c\n## d\n### e', 'h3 h4 h4 h3 h4'],
  ['a\n---\n> #### b\n\n- # c\n\n###### d', 'h3 h4 h3 h4'],
])('headings stand under the panel’s own and leave no level out: %j', (source, levels) => {
  const headings = (nodes: readonly (Element | string)[]): string[] =>
    nodes.flatMap((node) => (typeof node === 'string' ? [] : [node.tag, ...headings(node.children)]))
  const shown = (streaming: boolean) =>
    headings(show(source, streaming))
      .filter((tag) => /^h\d/.test(tag))
      .join(' ')
  expect([shown(false), shown(true)]).toEqual([levels, levels])
})

test('what scrolls can be reached by keyboard and has a name', () => {
  const tree = show('| a | b |\n|:-:|---|\n| 1 | 2 |\n\n```js\nx\n```')
  const [table] = find(tree, 'div').filter(({ props }) => props.class === 'table')
  expect(table?.props).toMatchObject({ role: 'region', 'aria-label': 'Table', tabIndex: 0 })
  expect(find(tree, 'th').map(({ props }) => [props.scope, props['data-align']])).toEqual([
    ['col', 'center'],
    ['col', undefined],
  ])
  const [code] = find(tree, 'pre')
  expect(code?.props).toMatchObject({ role: 'group', 'aria-label': 'Code, js', tabIndex: 0 })
})

test('until what shows tables is there, each of their rows is a line', () => {
  const { renderTable } = further
  further.renderTable = undefined
  try {
    const tree = show('| a | *b* |\n|---|---|\n| 1 | 2 |')
    expect(find(tree, 'p').map((line) => textOf([line]).trim())).toEqual(['a b', '1 2'])
    expect(find(tree, 'table')).toEqual([])
  } finally {
    further.renderTable = renderTable
  }
})

/** The `dir` of each block that stands in no other. */
const directionsOf = (source: string, streaming = false) =>
  show(source, streaming).flatMap((root) => (root as Element).children.map((block) => (block as Element).props.dir))

test('each block has a direction of its own, code always the same', () => {
  expect(directionsOf('שלום\n\nhello\n\n- שלום\n\n```\nשלום\n```')).toEqual(['rtl', 'ltr', 'rtl', 'ltr'])
})

test.each([
  ['12 – שלום hello', 'rtl'],
  ['12 – hello שלום', 'ltr'],
  ['\\\n\\\n1 *1* **שלום**', 'rtl'],
  ['`npm` שלום', 'rtl'],
  ['`שלום` hello', 'ltr'],
  ['[سلام](/en)', 'rtl'],
  ['١٢٣ hello', 'ltr'],
  ['\u200fiPhone', 'rtl'],
  ['\u200eשלום', 'ltr'],
  ['\ufefb', 'rtl'],
  ['𞤀', 'rtl'],
  ['# 1. שלום', 'rtl'],
  ['1. 1\n2. `a`\n   - שלום\n3. hello', 'rtl'],
  ['> 1\n>\n> ```\n> a\n> ```\n>\n> שלום', 'rtl'],
  ['| 1 | `a` |\n|---|---|\n| 2 | שלום |', 'rtl'],
  ['1 + 1 = 2', 'ltr'],
  [`${'1 '.repeat(400)}שלום`, 'rtl'],
  [`${'`1` '.repeat(200)}שלום`, 'rtl'],
])('%j: its direction is that of its first letter, code aside', (source, direction) => {
  expect(directionsOf(source)).toEqual([direction])
})

test('code in a text has a direction of its own', () => {
  expect(find(show('hello `1 שלום`, שלום `npm`, `1`'), 'code').map(({ props }) => props.dir)).toEqual([
    'rtl',
    'ltr',
    'ltr',
  ])
})

test('the direction may come later than the text', () => {
  expect(directionsOf('1. 1\n2. ', true)).toEqual(['ltr'])
  expect(directionsOf('1. 1\n2. ש', true)).toEqual(['rtl'])
})

test('tasks say whether they are done', () => {
  const boxes = find(show('- [x] a\n- [ ] b'), 'span')
  expect(boxes.map(({ props }) => props['aria-label'])).toEqual(['Done', 'To do'])
})

/** A view without a document, whose frames the test runs. */
function mounted(props: MarkdownProps) {
  const frames: (() => void)[] = []
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
  const view = new Markdown(props)
  let renders = 0
  let tree: (Element | string)[] = []
  const render = () => {
    renders++
    tree = expand(view.render(view.props))
  }
  view.forceUpdate = render
  const set = (next: MarkdownProps) => {
    const updates = view.shouldComponentUpdate(next)
    view.props = next
    if (updates) render()
  }
  view.props = props
  render()
  const frame = () => {
    for (const run of frames.splice(0)) run()
  }
  return { set, frame, text: () => textOf(tree), renders: () => renders }
}

describe('a view', () => {
  afterEach(() => void vi.unstubAllGlobals())

  test('renders once a frame while more comes, and at once when it has ended', () => {
    const view = mounted({ source: 'a', streaming: true })
    for (const source of ['a b', 'a b c', 'a b c **d']) view.set({ source, streaming: true })
    expect(view.renders()).toBe(1)
    view.frame()
    expect([view.renders(), view.text()]).toEqual([2, 'a b c d'])
    view.set({ source: 'a b c **d', streaming: true })
    view.frame()
    expect(view.renders()).toBe(2)
    view.set({ source: 'a b c **d e', streaming: false })
    expect([view.renders(), view.text()]).toEqual([3, 'a b c **d e'])
  })

  test('shows the bars of its code blocks as soon as they have come, also while more text comes', () => {
    const source = 'a\n\n```\nb\n```\n\nc\n'
    const view = mounted({ source, streaming: true })
    expect(view.text()).toBe('ab\nc')
    class CodeBar extends Component<CodeBarProps> {
      override render = () => h('i', null, 'Copy')
    }
    view.set({ source, streaming: true, CodeBar })
    expect([view.renders(), view.text()]).toEqual([2, 'aCopyb\nc'])
    view.set({ source, streaming: true, CodeBar })
    expect(view.renders()).toBe(2)
  })

  test('of a text that was cut shows what it showed before, and of one that was whole after all what was written', () => {
    const source = 'see [docs](htt'
    const view = mounted({ source, streaming: true, cut: true })
    expect(view.text()).toBe('see docs')
    view.set({ source, streaming: false, cut: true })
    expect(view.text()).toBe('see docs')
    view.set({ source, streaming: false, cut: false })
    expect(view.text()).toBe(source)
  })

  test('asks once for each feature that its text lacks, and reads its text anew with that', async () => {
    Object.assign(further, createFurther())
    lacking.clear()
    const onLack = vi.fn<(features: ReadonlySet<string>) => void>()
    const source = 'a &later; b &amp; [c]'
    const view = mounted({ source, onLack })
    view.set({ source: `${source} &never;`, onLack })
    expect(onLack.mock.calls.map(([features]) => [...features])).toEqual([['entities']])
    expect(view.text()).toBe('a &later; b & [c] &never;')
    further.entities.set('later', 'L')
    further.added++
    const defined = `${source} &never;\n\n[c]: /d`
    view.set({ source: defined, streaming: true, onLack })
    view.frame()
    // What is probably a definition is asked for while it comes, and shown if it does not come.
    expect(view.text()).toBe('a L b & [c] &never;')
    view.set({ source: defined, onLack })
    expect(onLack).toHaveBeenCalledTimes(2)
    expect([...onLack.mock.lastCall![0]]).toEqual(['entities', 'links'])
    expect(view.text()).toBe('a L b & [c] &never;[c]: /d')
    addFeatures()
    further.added = 2
    view.set({ source: defined, onLack })
    // In a task of its own.
    expect(view.text()).toBe('a L b & [c] &never;[c]: /d')
    await new Promise((resolve) => setTimeout(resolve))
    expect(onLack).toHaveBeenCalledTimes(2)
    expect(view.text()).toBe('a L b & c &never;')
  })

  test('shows the end of a text at once, also where a feature has come in the middle of it', () => {
    const view = mounted({ source: 'a &later;', streaming: true })
    further.entities.set('later', 'L')
    further.added++
    view.set({ source: 'a &later; b', streaming: false })
    expect(view.text()).toBe('a L b')
  })

  test('reads afresh what does not go on from what it had', () => {
    const view = mounted({ source: 'one', streaming: true })
    view.set({ source: 'two', streaming: false })
    expect(view.text()).toBe('two')
    view.set({ source: 'two and more', streaming: true })
    view.frame()
    expect(view.text()).toBe('two and more')
    view.set({ source: 'two', streaming: false })
    expect(view.text()).toBe('two')
  })
})
