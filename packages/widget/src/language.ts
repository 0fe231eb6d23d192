import { createLazyFeature, type LazyFeature } from './lazy_feature.ts'
import { ENGLISH, type LanguageStrings, mergeStrings, type Words } from './strings.ts'
import type { Look } from './types.ts'

/** How the files of other languages than English are fetched. */
export interface LanguageFiles {
  /** BCP 47 tags of those that ship. */
  readonly languages: readonly string[]
  language(tag: string, attempt: number): Promise<{ readonly strings: LanguageStrings }>
}

/** What a widget says, as its `locale` and its `strings` want it. */
export interface Language {
  /** The page's own words, over those of the language, over English. */
  readonly words: Words
  /** BCP 47 tag of the language that the words are in. */
  readonly locale: string
  /** BCP 47 tag of the language that is wanted, whether there are words in it or not. */
  readonly language: string
}

export interface LanguageLoader {
  /** As far as the words are there. */
  read(look: Look): Language
  /** Fetches the words of the language where that is still to do. Resolves when they are there or have failed. */
  load(look: Look): Promise<void>
}

/**
 * @param report is told why a language did not come
 * @param onChange is called when there may be other words
 */
export function createLanguageLoader(
  files: LanguageFiles,
  report: (cause: unknown) => void,
  onChange: () => void,
): LanguageLoader {
  const features: Record<string, LazyFeature<{ readonly strings: LanguageStrings }>> = {}
  const featureOf = (tag: string) => {
    // `de` serves `de-AT` as well.
    const shipped = files.languages.find((language) => `${tag}-`.startsWith(`${language}-`))
    if (!shipped) return null
    return (features[shipped] ??= createLazyFeature((attempt) => files.language(shipped, attempt), report, onChange))
  }
  return {
    read({ locale, strings }) {
      const tag = canonicalTag(locale)
      const loaded = featureOf(tag)?.loaded?.strings
      return {
        words: mergeStrings(mergeStrings(ENGLISH, loaded), strings),
        locale: loaded || strings?.placeholder ? tag : 'en',
        language: tag,
      }
    },
    load: async ({ locale }) => featureOf(canonicalTag(locale))?.load(),
  }
}

/** A language tag that `Intl` takes without throwing. An underscore in it is a common slip. */
function canonicalTag(tag = 'en'): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0]!
  } catch {
    return 'en'
  }
}
