import type { LanguageStrings } from '../strings.ts'

/** Languages that ship beside English, by BCP 47 tag. The script tag's build fetches each as a file by that name. */
export const LANGUAGES: Readonly<Record<string, () => Promise<{ readonly strings: LanguageStrings }>>> = {
  de: () => import('./de.ts'),
}
