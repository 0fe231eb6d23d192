import { lexer, type Token, type Tokens } from 'marked'
import { h, render } from 'preact'
// oxlint-disable-next-line no-restricted-imports -- the same renderer for both, so that the parsers are compared.
import { renderBlocks } from '../../../packages/widget/src/markdown/block_view.tsx'
// oxlint-disable-next-line no-restricted-imports
import type { Block, Inline } from '../../../packages/widget/src/markdown/tree.ts'
// oxlint-disable-next-line no-restricted-imports
import { ENGLISH_WORDS } from '../../../packages/widget/src/markdown/words.ts'
import type { CreateRoute } from '../route.ts'

const shared = { words: ENGLISH_WORDS, onWide: () => {} }

/** marked's lexer: what follows the last finished block is read again, once a frame. */
export const create: CreateRoute = (root) => {
  const finished: Block[] = []
  let tail = ''
  let frame = 0
  const show = () => {
    frame = 0
    const tokens = lexer(tail)
    let last = tokens.length - 1
    while (last > 0 && tokens[last]?.type === 'space') last--
    for (const token of tokens.slice(0, last)) {
      finished.push(...toBlocks(token))
      tail = tail.slice(token.raw.length)
    }
    const open = tokens.slice(Math.max(last, 0)).flatMap(toBlocks)
    render(h('div', { class: 'md' }, renderBlocks([...finished, ...open], shared, true)), root)
  }
  return {
    append(chunk) {
      tail += chunk
      frame ||= requestAnimationFrame(show)
    },
    end() {
      cancelAnimationFrame(frame)
      show()
    },
  }
}

const inlines = (tokens: Token[] | undefined): Inline[] => (tokens ?? []).flatMap(toInlines)

function toBlocks(token: Token): Block[] {
  switch (token.type) {
    case 'paragraph':
    case 'text':
      return [{ type: 'paragraph', children: inlines((token as Tokens.Paragraph).tokens) }]
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading
      return [{ type: 'heading', level: depth, depth, children: inlines(tokens) }]
    }
    case 'code': {
      const { lang, text } = token as Tokens.Code
      return [{ type: 'codeblock', language: lang ?? '', text }]
    }
    case 'hr':
      return [{ type: 'rule' }]
    case 'blockquote':
      return [{ type: 'quote', children: (token as Tokens.Blockquote).tokens.flatMap(toBlocks) }]
    case 'list': {
      const { items, start, loose } = token as Tokens.List
      const children = items.map((item): Block => {
        return {
          type: 'item',
          checked: item.task ? item.checked === true : null,
          children: item.tokens.flatMap(toBlocks),
        }
      })
      return [{ type: 'list', start: start === '' ? null : start, loose, children }]
    }
    case 'table': {
      const { align, header, rows } = token as Tokens.Table
      const toRow = (cells: Tokens.TableCell[]): Block => {
        return { type: 'row', cells: cells.map((cell) => inlines(cell.tokens)) }
      }
      return [{ type: 'table', align: align.map((side) => side ?? undefined), children: [header, ...rows].map(toRow) }]
    }
    default:
      return []
  }
}

function toInlines(token: Token): Inline[] {
  switch (token.type) {
    case 'codespan':
      return [{ type: 'code', text: (token as Tokens.Codespan).text }]
    case 'br':
      return [{ type: 'break' }]
    case 'em':
    case 'strong':
    case 'del':
      return [{ type: token.type, children: ((token as Tokens.Em).tokens ?? []).flatMap(toInlines) }]
    case 'link': {
      const { href, title, tokens } = token as Tokens.Link
      return [{ type: 'link', href, title: title ?? '', children: tokens.flatMap(toInlines) }]
    }
    default:
      return [(token as Tokens.Text).text]
  }
}
