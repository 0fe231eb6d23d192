import { pageDocument } from './page_document.ts'
import { mergeStrings } from './strings.ts'
import type { Look } from './types.ts'

/** A later look over an earlier one; strings and appearance word by word. */
export const mergeLook = (before: Look, { layout, theme, locale, strings, appearance }: Look): Look => ({
  ...before,
  ...(layout && { layout }),
  ...(theme && { theme }),
  ...(locale && { locale }),
  ...(strings && { strings: mergeStrings(before.strings ?? {}, strings) }),
  appearance: { ...before.appearance, ...appearance },
})

/**
 * Gives the launcher and the panel their colour; the styles find a text colour that contrasts. The page's own
 * `--loacl-accent` goes before it. Anything but `#rrggbb` is left alone: an owner's setting is data, not style.
 */
export function paintAccent(host: HTMLElement, accent: unknown): void {
  if (typeof accent === 'string' && /^#[\da-f]{6}$/i.test(accent)) host.style.setProperty('--_accent', accent)
}

/** A dot on the launcher: the panel was open on the page before. */
export function mark(launcher: HTMLElement): void {
  const dot = pageDocument.createElement('i')
  dot.style.cssText =
    'position:absolute;inset:0 0 auto auto;padding:6px;border:2px solid #fff;border-radius:50%;background:#c22'
  launcher.replaceChildren(dot)
}
