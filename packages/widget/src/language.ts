import { computed, type ReadonlySignal } from '@preact/signals-core'
import { createLazyFeature, type LazyFeature } from './lazy_feature.ts'
import { ENGLISH, mergeStrings, type Strings, type Words } from './strings.ts'
import type { Look } from './types.ts'

/** How the files of other languages than English are fetched. */
export interface LanguageFiles {
  /** BCP 47 tags of those that ship. */
  readonly languages: readonly string[]
  language(tag: string, attempt: number): Promise<{ readonly strings: Strings }>
}

/** The language of a widget, as its `locale` says. */
export interface Language {
  /** The page's own words, over those of the language, over English. */
  readonly strings: ReadonlySignal<Words>
  /** BCP 47 tag of the language that the words are in. */
  readonly locale: ReadonlySignal<string>
  /** Fetches the words of the language where that is still to do. Resolves when they are there or have failed. */
  load(): Promise<void>
}

/** @param report is told why a language did not come */
export function createLanguage(
  look: ReadonlySignal<Look>,
  files: LanguageFiles,
  report: (cause: unknown) => void,
): Language {
  const features = new Map<string, LazyFeature<{ readonly strings: Strings }>>()
  const tag = computed(() => canonicalTag(look.value.locale ?? 'en'))
  const feature = computed(() => {
    // `de` serves `de-AT` as well.
    const shipped = files.languages.find((language) => `${tag.value}-`.startsWith(`${language}-`))
    if (shipped && !features.has(shipped))
      features.set(
        shipped,
        createLazyFeature((attempt) => files.language(shipped, attempt), report),
      )
    return features.get(shipped ?? '')
  })
  const loaded = computed(() => feature.value?.loaded.value?.strings)
  return {
    strings: computed(() => mergeStrings(mergeStrings(ENGLISH, loaded.value), look.value.strings)),
    locale: computed(() => (loaded.value || look.value.strings?.placeholder ? tag.value : 'en')),
    load: async () => feature.peek()?.load(),
  }
}

/** A language tag that `Intl` takes without throwing. An underscore in it is a common slip. */
function canonicalTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0]!
  } catch {
    return 'en'
  }
}
