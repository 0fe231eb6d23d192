import { addTo as addEntities } from '../../src/features/entities/index.ts'
import { addTo as addReferences } from '../../src/features/references/index.ts'
import { further } from '../../src/markdown/further.ts'

/** From here on Markdown reads as where all its features have come. */
export function addFeatures(): void {
  addEntities(further)
  addReferences(further)
}
