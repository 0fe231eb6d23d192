import type { OpenedBy } from '../runtime.ts'

/**
 * Of two panels in one place: the one that was opened last is wanted, unless it has opened by itself.
 *
 * @param other the chat that was opened
 */
export function makeRoom(dialog: HTMLDialogElement, other: EventTarget | null, by: OpenedBy, close: () => void): void {
  const host = other as Element & { close(): void }
  const panel = host.shadowRoot?.querySelector('dialog')
  if (!dialog.open || !panel || !overlap(dialog, panel)) return
  if (by === 'itself') host.close()
  else close()
}

function overlap(one: Element, other: Element): boolean {
  const [a, b] = [one, other].map((element) => element.getBoundingClientRect()) as [DOMRect, DOMRect]
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
