import { addTo as addEntities } from '../../src/features/entities/index.ts'
import { addTo as addLinks } from '../../src/features/links/index.ts'
import { addTo as addTables } from '../../src/features/tables/index.ts'
import { further } from '../../src/markdown/further.ts'

/** From here on Markdown reads as where all its features have come. */
export function addFeatures(): void {
  addEntities(further)
  addLinks(further)
  addTables(further)
}
