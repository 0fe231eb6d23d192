/** Who searches the page finds all that was loaded. */
export const begin = (panel: HTMLDialogElement, signal: AbortSignal, extend: (by: number) => void): void =>
  addEventListener(
    'keydown',
    ({ key, ctrlKey, metaKey }) => panel.open && key === 'f' && (ctrlKey || metaKey) && extend(Infinity),
    { signal, capture: true },
  )
