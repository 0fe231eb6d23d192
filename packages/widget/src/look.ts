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
 * Gives the launcher and the panel their colour, and text on it that can be read. The page's own `--loacl-accent` goes
 * before it. Anything but `#rrggbb` is left alone: an owner's setting is data, not style.
 */
export function paintAccent(host: HTMLElement, accent: unknown): void {
  if (typeof accent !== 'string' || !/^#[\da-f]{6}$/i.test(accent)) return
  host.style.setProperty('--_accent', accent)
  host.style.setProperty('--_accent-text', luminance(accent) > 0.18 ? '#000' : '#fff')
}

/** Relative luminance, 0 to 1, by WCAG 2. At 0.18 black and white contrast with it alike. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
