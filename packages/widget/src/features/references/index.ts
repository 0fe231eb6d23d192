import type { Further } from '../runtime.ts'
import { createReferences } from './references.ts'

/** Link reference definitions: `[label]: url`. */
export function addTo(further: Further): void {
  further.createReferences = createReferences
}
