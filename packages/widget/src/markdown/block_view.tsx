import { Component, type ComponentChild, type ComponentType, h } from 'preact'
import { directionOfBlock } from './block_direction.ts'
import { further } from './further.ts'
import { renderInlines } from './inline_view.tsx'
import type { Block, CodeBlock } from './tree.ts'
import type { KnownWords } from './words.ts'

/** An answer's headings stand under the panel's own. */
const FIRST_HEADING = 3

export interface CodeBarProps {
  block: CodeBlock
  words: KnownWords
}

/** What all blocks of a text are given. Each should stay the same object from one rendering to the next. */
export interface SharedProps {
  words: KnownWords
  /** Stands above each code block, once it is there. */
  CodeBar?: ComponentType<CodeBarProps> | undefined
  /** Is called when a code block or a table has come, or gone. */
  onWide: () => void
}

interface BlockProps extends SharedProps {
  block: Block
  /** Whether it stands in no other block; those that do follow its direction. */
  top?: boolean | undefined
}

/** One block. Renders again only when the block is another object: finished ones cost nothing while more streams in. */
class BlockView extends Component<BlockProps> {
  override shouldComponentUpdate(next: BlockProps): boolean {
    const { block, words, CodeBar } = this.props
    return next.block !== block || next.words !== words || next.CodeBar !== CodeBar
  }

  override render({ block, top, ...shared }: BlockProps): ComponentChild {
    const { words } = shared
    const dir = top ? directionOfBlock(block) : undefined
    switch (block.type) {
      case 'paragraph':
        return <p dir={dir}>{renderInlines(block.children)}</p>
      case 'heading': {
        const tag = `h${Math.min(block.depth + FIRST_HEADING - 1, 6)}`
        return h(tag, { dir }, renderInlines(block.children))
      }
      case 'codeblock':
        return renderCode(block, shared)
      case 'rule':
        return <hr />
      case 'quote':
        return <blockquote dir={dir}>{renderBlocks(block.children, shared)}</blockquote>
      case 'list': {
        const { start, loose, children } = block
        const tag = start === null ? 'ul' : 'ol'
        return h(tag, { dir, class: loose ? 'loose' : '', start }, renderBlocks(children, shared))
      }
      case 'item':
        return (
          <li class={block.checked === null ? undefined : 'task'}>
            {block.checked !== null && (
              <span class="box" role="img" aria-label={block.checked ? words.taskDone : words.taskOpen}>
                {block.checked ? '☑' : '☐'}
              </span>
            )}
            {renderBlocks(block.children, shared)}
          </li>
        )
      case 'table':
        return further.renderTable?.(block, shared, dir) ?? renderBlocks(block.children, shared, top)
      case 'row':
        return <p dir={dir}>{block.cells.map((cell) => [renderInlines(cell), ' '])}</p>
    }
  }
}

/** In reading order: a block's place never changes, so it needs no key. */
export const renderBlocks = (blocks: readonly Block[], shared: SharedProps, top?: boolean): ComponentChild[] =>
  blocks.map((block) => <BlockView {...shared} block={block} top={top} />)

/** The `pre` is the same element before and after its bar has come, and keeps what is selected in it. */
function renderCode(block: CodeBlock, { words, CodeBar, onWide }: SharedProps): ComponentChild {
  const name = block.language ? `${words.code}, ${block.language}` : words.code
  return (
    <div class="code" dir="ltr" translate={false} ref={onWide}>
      {CodeBar && <CodeBar block={block} words={words} />}
      <pre role="group" aria-label={name} tabIndex={0}>
        <code>{block.text}</code>
      </pre>
    </div>
  )
}
