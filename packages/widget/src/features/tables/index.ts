import type { Further } from '../runtime.ts'
import { renderTable } from './table_view.tsx'

/** Tables as such. Until then each row is a line. */
export function addTo(further: Further): void {
  further.renderTable = renderTable
}
export { default as styles } from './tables.css?inline'
