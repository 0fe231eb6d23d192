import { pageDocument } from './page_document.ts'

/** Where the panel covers the page, as the styles have it. */
export const SMALL = '(max-width: 480px), (max-height: 480px)'

/** Whether a field of the page has the keyboard. */
export function isWriting(): boolean {
  let active = pageDocument.activeElement
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
  return !!active?.matches(':read-write, select, iframe')
}
