import type { FunctionComponent } from 'preact'

/** What a Markdown text says, as plain objects. They never change once made: the same object means the same content. */

/** Text stands as a plain string; a line ending in it is a soft break. */
export type Inline = string | CodeSpan | HardBreak | Emphasis | Link | Inserted

interface CodeSpan {
  type: 'code'
  text: string
}
interface HardBreak {
  type: 'break'
}
export interface Emphasis {
  type: 'em' | 'strong' | 'del'
  props?: undefined
  children: Inline[]
}
/** Of no text: what `MarkdownProps.insert` has put in. It renders itself. */
interface Inserted {
  type: FunctionComponent<never>
  props: object
  children: []
}
export interface Link {
  type: 'link' | 'image'
  props?: undefined
  /** As it was written, of any scheme: `safeUrl` says whether it may be followed. `null` while it has not come yet. */
  href: string | null
  title: string
  children: Inline[]
}

export type Block = Paragraph | Heading | CodeBlock | Rule | Quote | List | Item | Table | Row

interface Paragraph {
  type: 'paragraph'
  children: Inline[]
}
interface Heading {
  type: 'heading'
  /** As it was written. */
  level: number
  /** How many headings it stands under, itself included: from one to the next, none is left out. */
  depth: number
  children: Inline[]
}
export interface CodeBlock {
  type: 'codeblock'
  /** First word of the fence's info string, or ''. */
  language: string
  text: string
}
interface Rule {
  type: 'rule'
}
interface Quote {
  type: 'quote'
  children: Block[]
}
interface List {
  type: 'list'
  /** `null` for bullets. */
  start: number | null
  /** Whether its paragraphs stand apart. */
  loose: boolean
  children: Block[]
}
interface Item {
  type: 'item'
  /** `null` where it is no task. */
  checked: boolean | null
  children: Block[]
}
/** Its rows may have fewer cells than it has columns. */
export interface Table {
  type: 'table'
  align: readonly Align[]
  /** The first one is the head. */
  children: Block[]
}
export interface Row {
  type: 'row'
  cells: Inline[][]
}
export type Align = 'left' | 'center' | 'right' | undefined
