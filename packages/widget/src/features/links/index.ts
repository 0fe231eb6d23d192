import type { Further } from '../runtime.ts'
import { findBareUrls } from './bare_urls.ts'
import { createReferences } from './references.ts'

/** Links that are no `[text](url)`: bare URLs, and references with their definitions, as `[label]: url`. */
export function addTo(further: Further): void {
  further.createReferences = createReferences
  further.findBareUrls = findBareUrls
}
