import type { Block, Inline, Insert, ModelState } from '../runtime.ts'
import { isAllowed, urlOf } from './allowed_host.ts'
import { showPicture } from './picture.tsx'

const NONE: readonly string[] = []
/** What blocks have become, by the hosts that were allowed then: those that are finished stay the same. */
const shown = new WeakMap<readonly string[], WeakMap<Block, Block>>()

/** Puts pictures in the place of those that may be loaded, and the host to the links to the others. */
export function insertPictures({ session }: ModelState): Insert {
  const hosts = (session.status === 'open' && session.assistant.imageHosts) || NONE
  const known = shown.get(hosts) ?? new WeakMap<Block, Block>()
  shown.set(hosts, known)

  function inBlock(block: Block): Block {
    const before = known.get(block)
    if (before) return before
    const after = withPictures(block)
    known.set(block, after)
    return after
  }

  function withPictures(block: Block): Block {
    switch (block.type) {
      case 'codeblock':
      case 'rule':
        return block
      case 'paragraph':
      case 'heading':
        return changed(block, { children: inInlines(block.children) })
      case 'row': {
        const cells = block.cells.map((cell) => inInlines(cell))
        return cells.some((cell, i) => cell !== block.cells[i]) ? { ...block, cells } : block
      }
      default: {
        const { children } = block
        const next = children.map(inBlock)
        return next.some((child, i) => child !== children[i]) ? { ...block, children: next } : block
      }
    }
  }

  function inInlines(inlines: Inline[], inLink = false): Inline[] {
    const next = inlines.map((inline) => inInline(inline, inLink))
    return next.some((inline, i) => inline !== inlines[i]) ? next : inlines
  }

  function inInline(inline: Inline, inLink: boolean): Inline {
    if (typeof inline === 'string' || !('children' in inline) || typeof inline.type !== 'string') return inline
    if (inline.type !== 'image')
      return changed(inline, { children: inInlines(inline.children, inLink || inline.type === 'link') })
    const url = inline.href === null ? null : urlOf(inline.href)
    if (!url) return inline
    const { href, host } = url
    const { title } = inline
    const alt = textOf(inline.children)
    if (isAllowed(url, hosts)) return { type: showPicture, props: { href, title, alt, host, inLink }, children: [] }
    return inLink ? inline : { ...inline, href, children: [...inline.children, ` (\u2068${host}\u2069)`] }
  }

  return (blocks) => blocks.map(inBlock)
}

/** The same where its children are. */
const changed = <N extends { children: readonly unknown[] }>(node: N, change: Pick<N, 'children'>): N =>
  change.children === node.children ? node : { ...node, ...change }

const textOf = (inlines: readonly Inline[]): string =>
  inlines
    .map((inline) =>
      typeof inline === 'string'
        ? inline
        : 'text' in inline
          ? inline.text
          : 'children' in inline
            ? textOf(inline.children)
            : ' ',
    )
    .join('')
