import type { References } from './references.ts'

/** The features without which a text was not read as it is written. */
export const lacking = new Set<'entities' | 'references'>()

/** Until the feature `references` is there, a definition is text. */
export const noReferences = (): References => ({
  find: () => undefined,
  take(paragraph) {
    if (/^\[[^]+]:/.test(paragraph)) lacking.add('references')
    return paragraph
  },
  stale: 0,
})

/** What Markdown is read with beyond its syntax. Features add to it what few texts need. */
export type Further = typeof further
export const further = {
  /** Characters by their names. The feature `entities` adds HTML 4's. */
  entities: new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' })),
  /** The feature `references` brings what finds some. */
  createReferences: noReferences,
  /** How many features have added to it. */
  added: 0,
}
