import type { Abortable } from '@loacl/core'
import type { WidgetEvents } from './types.ts'

/** Listens to an event of a widget. Returns what takes the listener away again. */
export function listen<K extends keyof WidgetEvents>(
  target: EventTarget,
  type: K,
  listener: (event: WidgetEvents[K]) => void,
  listening?: Abortable,
): () => void {
  const name = `loacl-${type}`
  const handle = (event: Event) => listener((event as CustomEvent<WidgetEvents[K]>).detail)
  target.addEventListener(name, handle, listening as AddEventListenerOptions | undefined)
  return () => target.removeEventListener(name, handle)
}
