import {
  default_renderer as renderTo,
  parser,
  parser_end as endParser,
  parser_write as writeParser,
} from 'streaming-markdown'
import type { CreateRoute } from '../route.ts'

/** streaming-markdown as its README has it: each chunk goes to the document at once. */
export const create: CreateRoute = (root) => {
  const state = parser(renderTo(root))
  return {
    append: (chunk) => writeParser(state, chunk),
    end: () => endParser(state),
  }
}
