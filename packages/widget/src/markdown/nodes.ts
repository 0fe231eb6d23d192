import type { Align, Block } from './tree.ts'

/** A block while it is read. It may still grow; `Block` is what it says at one moment. */
export type Node = Common & Kind
type Kind =
  | { kind: 'document' | 'quote' | 'paragraph' | 'rule' | 'row' }
  | { kind: 'list'; marker: string; start: number | null; loose: boolean }
  /** `indent`: columns that a line needs to belong to it. */
  | { kind: 'item'; indent: number; checked: boolean | null }
  /** `depth`: how many headings it stands under, itself included. */
  | { kind: 'heading'; level: number; depth: number }
  | { kind: 'code'; fence: Fence | null }
  | { kind: 'table'; align: readonly Align[] }

interface Common {
  parent: Node | null
  children: Node[]
  /** Raw text of a block without children. */
  text: string
  /** What it says, once it is closed. */
  block: Block | null
}

interface Fence {
  /** The backticks or tildes that opened it. */
  marks: string
  indent: number
  language: string
}

export const createNode = <K extends Kind>(kind: K, text = ''): Common & K => ({
  ...kind,
  parent: null,
  children: [],
  text,
  block: null,
})

/** What it takes to read and show it, in characters or children. Of code the characters are only copied. */
export const sizeOf = ({ kind, text, children }: Node): number =>
  children.length + text.length / (kind === 'code' ? 16 : 1)

/** Whether `parent` may hold `child`. */
export function holds(parent: Node, child: Node): boolean {
  if (parent.kind === 'list') return child.kind === 'item'
  if (parent.kind === 'table') return child.kind === 'row'
  return parent.kind === 'document' || parent.kind === 'quote' || parent.kind === 'item'
}

/**
 * Copies the open blocks, each the last child of the one before it, so that a line can be tried without a trace.
 * Closed blocks are shared.
 */
export function forkOpen(open: readonly Node[]): Node[] {
  const copies: Node[] = []
  for (const node of open) {
    const copy = { ...node, children: [...node.children] }
    const parent = copies.at(-1)
    if (parent) {
      copy.parent = parent
      parent.children[parent.children.length - 1] = copy
    }
    copies.push(copy)
  }
  return copies
}
