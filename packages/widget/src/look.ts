import { pageDocument } from './page_document.ts'
import { mergeStrings } from './strings.ts'
import type { Look } from './types.ts'

/** A later look over an earlier one; strings and appearance word by word. */
export const mergeLook = <L extends Look>(before: L, { layout, theme, locale, strings, appearance }: Look): L => ({
  ...before,
  ...(layout && { layout }),
  ...(theme && { theme }),
  ...(locale && { locale }),
  ...(strings && { strings: mergeStrings(before.strings ?? {}, strings) }),
  appearance: { ...before.appearance, ...appearance },
})

/** A dot on the launcher: the panel was open on the page before, or an answer waits for the visitor. */
export function mark(launcher: HTMLElement): void {
  const dot = pageDocument.createElement('i')
  dot.style.cssText =
    'position:absolute;inset:0 0 auto auto;padding:6px;border:2px solid #fff;border-radius:50%;background:#c22'
  launcher.append(dot)
}
