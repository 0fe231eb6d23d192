import { h, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

/** Brings the messages before those that are there. */
export const EarlierMessages = ({ ui, loading }: { ui: Ui; loading: boolean }) => (
  <button type="button" class="again center" disabled={loading} onClick={ui.showEarlier}>
    {ui.words.loadOlder ?? ENGLISH.loadOlder}
  </button>
)
