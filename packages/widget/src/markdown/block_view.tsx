import { Component, type ComponentChild, h } from 'preact'
import type { Direction } from '../direction.ts'
import { directionOfBlock } from './block_direction.ts'
import { CodeView } from './code_view.tsx'
import { renderInlines } from './inline_view.tsx'
import type { Block, Row, Table } from './tree.ts'
import type { MarkdownWords } from './words.ts'

/** Headings in an answer begin below the page's and the panel's own. */
const FIRST_HEADING = 3

interface BlockProps {
  block: Block
  words: MarkdownWords
  /** Whether it stands in no other block; those that do follow its direction. */
  top?: boolean | undefined
}

/** One block. Renders again only when the block is another object: finished ones cost nothing while more streams in. */
class BlockView extends Component<BlockProps> {
  override shouldComponentUpdate(next: BlockProps): boolean {
    return next.block !== this.props.block || next.words !== this.props.words
  }

  override render({ block, words, top }: BlockProps): ComponentChild {
    const dir = top ? directionOfBlock(block) : undefined
    switch (block.type) {
      case 'paragraph':
        return <p dir={dir}>{renderInlines(block.children)}</p>
      case 'heading': {
        const tag = `h${Math.min(block.level + FIRST_HEADING - 1, 6)}`
        return h(tag, { dir }, renderInlines(block.children))
      }
      case 'codeblock':
        return <CodeView block={block} words={words} />
      case 'rule':
        return <hr />
      case 'quote':
        return <blockquote dir={dir}>{renderBlocks(block.children, words)}</blockquote>
      case 'list': {
        const { start, loose, children } = block
        const tag = start === null ? 'ul' : 'ol'
        return h(tag, { dir, class: loose ? 'loose' : '', start }, renderBlocks(children, words))
      }
      case 'item':
        return (
          <li class={block.checked === null ? undefined : 'task'}>
            {block.checked !== null && (
              <span class="box" role="img" aria-label={block.checked ? words.taskDone : words.taskOpen}>
                {block.checked ? '☑' : '☐'}
              </span>
            )}
            {renderBlocks(block.children, words)}
          </li>
        )
      case 'table':
        return renderTable(block, words, dir)
      case 'row':
        return null
    }
  }
}

/** In reading order: a block's place never changes, so it needs no key. */
export const renderBlocks = (blocks: readonly Block[], words: MarkdownWords, top?: boolean): ComponentChild[] =>
  blocks.map((block) => <BlockView block={block} words={words} top={top} />)

function renderTable(
  { align, children: [head, ...body] }: Table,
  words: MarkdownWords,
  dir?: Direction,
): ComponentChild {
  return (
    <div class="table" dir={dir} role="region" aria-label={words.table} tabIndex={0}>
      <table>
        <thead>
          <RowView row={head as Row} align={align} head />
        </thead>
        {body.length > 0 && (
          <tbody>
            {body.map((row) => (
              <RowView row={row as Row} align={align} />
            ))}
          </tbody>
        )}
      </table>
    </div>
  )
}

interface RowProps {
  row: Row
  align: Table['align']
  head?: boolean
}

class RowView extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return next.row !== this.props.row || next.align !== this.props.align
  }

  override render({ row, align, head }: RowProps): ComponentChild {
    return (
      <tr>
        {row.cells.map((cell, i) =>
          h(head ? 'th' : 'td', { 'data-align': align[i], scope: head && 'col' }, renderInlines(cell)),
        )}
      </tr>
    )
  }
}
