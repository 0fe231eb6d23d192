import type { ComponentChild } from 'preact'
import type { Direction } from '../direction.ts'
import type { SharedProps } from './block_view.tsx'
import type { References } from './references.ts'
import type { Table } from './tree.ts'

/** A URL in running text. */
export interface BareUrl {
  start: number
  end: number
  href: string
}

/** @param dir where it stands in no other block */
export type RenderTable = (table: Table, shared: SharedProps, dir: Direction | undefined) => ComponentChild

/** What Markdown is read and shown with beyond its syntax. Features add to it what not every text needs. */
export interface Further {
  /** Characters by their names. The feature `entities` adds HTML 4's. */
  readonly entities: Map<string, string>
  /** Until the feature `links` is there, a definition is text. */
  createReferences(): References
  /** All of them in reading order. Until the feature `links` is there, they are text. */
  findBareUrls(text: string): readonly BareUrl[]
  /** The feature `tables`. Until it is there, a table's rows are paragraphs. */
  renderTable?: RenderTable | undefined
  /** How many features have added to it. */
  added: number
}

/** The features without which a text was not read, or is not shown, as it is written. */
export const lacking = new Set<'entities' | 'links' | 'tables'>()

export const createFurther = (): Further => ({
  entities: new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' })),
  createReferences: () => ({
    find: () => undefined,
    take(paragraph) {
      if (/^\[[^]+]:/.test(paragraph)) lacking.add('links')
      return paragraph
    },
    stale: 0,
  }),
  findBareUrls: () => [],
  added: 0,
})

export const further = createFurther()
