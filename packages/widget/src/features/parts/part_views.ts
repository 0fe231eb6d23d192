import type { LazyKind, PartViews } from '../runtime.ts'
import { viewReasoning } from './reasoning.tsx'
import { viewSources } from './sources.tsx'
import { viewText } from './text.tsx'
import { viewTools } from './tools.tsx'

/** Views of the kinds of parts that a first answer can do without, and of a text that has marks. The compiler misses none. */
export const partViews: PartViews<LazyKind | 'text'> = {
  text: viewText,
  reasoning: viewReasoning,
  'source-url': viewSources,
  'source-document': viewSources,
  'dynamic-tool': viewTools,
}
