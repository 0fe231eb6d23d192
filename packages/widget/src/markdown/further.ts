import type { References } from './references.ts'

/** A URL in running text. */
export interface BareUrl {
  start: number
  end: number
  href: string
}

/** What Markdown is read with beyond its syntax. Features add to it what not every text needs. */
export interface Further {
  /** Characters by their names. The feature `entities` adds HTML 4's. */
  readonly entities: Map<string, string>
  /** Until the feature `links` is there, a definition is text. */
  createReferences(): References
  /** All of them in reading order. Until the feature `links` is there, they are text. */
  findBareUrls(text: string): readonly BareUrl[]
  /** How many features have added to it. */
  added: number
}

/** The features without which a text was not read as it is written. */
export const lacking = new Set<'entities' | 'links'>()

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
