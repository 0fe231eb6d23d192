import type { Block, Inline } from '../../src/markdown/tree.ts'

/** A tree in the shape of HTML elements, to compare what we read with what a specification's HTML says. */
export type Outline = string | { tag: string; attributes: Record<string, string>; children: Outline[] }

const VOID = new Set(['hr', 'br', 'img', 'input'])
/** Whitespace between these means nothing. */
const STRUCTURE = new Set(['root', 'ul', 'ol', 'li', 'blockquote', 'table', 'thead', 'tbody', 'tr'])

const element = (tag: string, children: Outline[] = [], attributes: Record<string, string> = {}): Outline => ({
  tag,
  attributes,
  children: tidy(tag, children),
})

/** Joins strings, and drops whitespace that only lays out the source. */
function tidy(tag: string, children: Outline[]): Outline[] {
  const joined: Outline[] = []
  for (const child of children) {
    const last = joined.at(-1)
    if (typeof child === 'string' && typeof last === 'string') joined[joined.length - 1] = last + child
    else joined.push(child)
  }
  const texts = joined.map((child, i) => {
    if (typeof child !== 'string' || tag === 'code') return child
    const before = joined[i - 1]
    const text = typeof before === 'object' && before.tag === 'br' ? child.replace(/^\n/, '') : child
    return STRUCTURE.has(tag) ? text.replace(/^\n|\n$/g, '') : text
  })
  return texts.filter((child) => child !== '')
}

const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot);/g, (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? '')

/** URLs are compared as what they mean, not by how they are escaped. */
const decodeUrl = (url: string): string => {
  const bytes = url.replace(/%(?![\da-f]{2})/gi, '%25')
  try {
    return decodeURIComponent(bytes)
  } catch (error) {
    if (error instanceof URIError) return url
    throw error
  }
}

/** Reads the well-formed HTML of a specification's examples. */
export function outlineOfHtml(html: string): Outline {
  const stack: { tag: string; attributes: Record<string, string>; children: Outline[] }[] = [
    { tag: 'root', attributes: {}, children: [] },
  ]
  const add = (child: Outline) => stack.at(-1)?.children.push(child)
  for (const [, close, tag, rest, text] of html.matchAll(/<(\/?)([a-z]\w*)([^>]*)>|([^<]+)/g)) {
    if (text !== undefined) add(decode(text))
    else if (close) {
      const node = stack.pop()
      if (!node || node.tag !== tag) throw new Error(`</${tag}> closes <${node?.tag}>`)
      add(element(node.tag, node.children, node.attributes))
    } else {
      const attributes: Record<string, string> = {}
      for (const [, name = '', value = ''] of (rest ?? '').matchAll(/([a-z]+)="([^"]*)"/g)) {
        attributes[name] = name === 'href' || name === 'src' ? decodeUrl(decode(value)) : decode(value)
      }
      if (VOID.has(tag ?? '')) add(element(tag ?? '', [], attributes))
      else stack.push({ tag: tag ?? '', attributes, children: [] })
    }
  }
  return element('root', stack[0]?.children)
}

const textOf = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) => {
      if (typeof inline === 'string') return inline
      if (inline.type === 'code') return inline.text
      return inline.type === 'break' ? '\n' : textOf(inline.children)
    })
    .join('')

function outlineOfInline(inline: Inline): Outline {
  if (typeof inline === 'string') return inline
  switch (inline.type) {
    case 'code':
      return element('code', [inline.text])
    case 'break':
      return element('br')
    case 'link':
    case 'image': {
      const title: Record<string, string> = inline.title ? { title: inline.title } : {}
      const href = decodeUrl(inline.href ?? '')
      if (inline.type === 'link') return element('a', inline.children.map(outlineOfInline), { href, ...title })
      return element('img', [], { src: href, alt: textOf(inline.children), ...title })
    }
    default:
      return element(String(inline.type), inline.children.map(outlineOfInline))
  }
}

function outlineOfBlock(block: Block, tight: boolean): Outline[] {
  const blocks = (children: readonly Block[], inTight = false) => children.flatMap((c) => outlineOfBlock(c, inTight))
  switch (block.type) {
    case 'paragraph': {
      const children = block.children.map(outlineOfInline)
      return tight ? ['\n', ...children, '\n'] : [element('p', children)]
    }
    case 'heading':
      return [element(`h${block.level}`, block.children.map(outlineOfInline))]
    case 'codeblock': {
      const attributes: Record<string, string> = block.language ? { class: `language-${block.language}` } : {}
      return [element('pre', [element('code', block.text ? [block.text] : [], attributes)])]
    }
    case 'rule':
      return [element('hr')]
    case 'quote':
      return [element('blockquote', blocks(block.children))]
    case 'list': {
      const items = block.children.flatMap((item) => outlineOfBlock(item, !block.loose))
      if (block.start === null) return [element('ul', items)]
      return [element('ol', items, block.start === 1 ? {} : { start: String(block.start) })]
    }
    case 'item': {
      const box = block.checked === null ? [] : [element('input', [], { type: 'checkbox' })]
      return [element('li', [...box, ...blocks(block.children, tight)])]
    }
    case 'table': {
      const [head, ...body] = block.children.map((row) => {
        const cells = row.type === 'row' ? row.cells : []
        return block.align.map((align, i) => ({ align, children: (cells[i] ?? []).map(outlineOfInline) }))
      })
      const row = (tag: string, cells: typeof head = []) =>
        element(
          'tr',
          cells.map(({ align, children }) => element(tag, children, align ? { align } : {})),
        )
      const rows = body.length
        ? [
            element(
              'tbody',
              body.map((cells) => row('td', cells)),
            ),
          ]
        : []
      return [element('table', [element('thead', [row('th', head)]), ...rows])]
    }
    default:
      return []
  }
}

export const outlineOfBlocks = (blocks: readonly Block[]): Outline =>
  element(
    'root',
    blocks.flatMap((block) => outlineOfBlock(block, false)),
  )
