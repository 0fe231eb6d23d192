import type { LazyKind, PartViews } from '../runtime.ts'
import { viewReasoning } from './reasoning.tsx'
import { viewSources } from './sources.tsx'

/** Views of the kinds of parts that a first answer can do without. The compiler misses none. */
export const partViews: PartViews<LazyKind> = {
  reasoning: viewReasoning,
  'source-url': viewSources,
  'source-document': viewSources,
}
