import type { Emphasis, Inline, Link } from './tree.ts'

/** A piece of a text in reading order: what it closes, what it says, what it opens. */
export interface Token {
  content: Inline
  closes: number
  /** Innermost first. */
  opens: (Emphasis | Link)[]
}

/** Deeper nesting says nothing to a reader, and would overflow a renderer's stack: its text stays, its marks go. */
const MAX_DEPTH = 50

/** Makes the tree that the tokens' opens and closes describe. They nest: each close meets the latest open. */
export function buildInlines(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = []
  const stack: { type: string; children: Inline[] }[] = [{ type: '', children: root }]
  let links = 0
  for (const token of tokens) {
    for (let i = token.closes; i > 0; i--) if (stack.pop()?.type === 'link') links--
    const { children } = stack.at(-1) ?? { children: root }
    // A link holds no link: a bare URL in it is text.
    if (links && typeof token.content === 'object' && token.content.type === 'link') {
      for (const child of token.content.children) add(children, child)
    } else add(children, token.content)
    for (const node of token.opens.toReversed()) {
      const parent = stack.at(-1)?.children ?? root
      if (stack.length < MAX_DEPTH) add(parent, node)
      else node.children = parent
      if (node.type === 'link') links++
      stack.push(node)
    }
  }
  return root
}

/** Neighbouring strings become one. */
function add(children: Inline[], content: Inline): void {
  const last = children.length - 1
  const before = children[last]
  if (typeof content === 'string' && typeof before === 'string') children[last] = before + content
  else if (content !== '') children.push(content)
}
