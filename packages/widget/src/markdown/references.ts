import type { Read, Target } from './links.ts'
import type { Node } from './nodes.ts'

/** The link reference definitions of a document. */
export interface References {
  /**
   * What is referred to by the brackets that open at `open` and close before `at`, and where the reference ends.
   *
   * @param reader a closed block: it is read again should the label be defined later
   */
  find(text: string, open: number, at: number, reader: Node | null): Read<Target> | undefined
  /** What is left of a paragraph after its definitions. They count once it is closed, the first one of each label. */
  take(paragraph: string, closed: boolean): string
  /** The size of the blocks that were turned to be read again and have not been yet. */
  stale: number
}
