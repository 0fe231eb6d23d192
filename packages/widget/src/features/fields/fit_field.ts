/** In pixels, and more than the style allows. Above it the height is left as it is. */
const HIGHEST = 999

/** Makes a field as high as its text, within the limits that the style sets. */
export function fitField(field: HTMLTextAreaElement): void {
  // Out of sight it has no height to go by. (Its `offsetParent` would say so, too, at the price of a layout.)
  if (!field.closest('dialog')?.open) return
  // What doesn't fit can't want less. Laying out a long text twice at each key would be felt.
  if (field.scrollHeight <= field.clientHeight) field.style.height = 'auto'
  field.style.height = `${Math.min(field.scrollHeight, HIGHEST)}px`
}

/** Fits the fields of a panel that is opened, or gets another size. */
export function begin(panel: HTMLDialogElement, signal: AbortSignal): void {
  if (signal.aborted) return
  const resized = new ResizeObserver(() => panel.querySelectorAll('textarea').forEach(fitField))
  resized.observe(panel)
  signal.addEventListener('abort', () => resized.disconnect())
}
