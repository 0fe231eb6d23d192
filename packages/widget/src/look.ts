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
