import { type AttachmentStrings, fill, type Language, type LoaclError, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

/**
 * The panel's language with the words of this feature: the page's own, over those of the language, over English. With
 * them, a turn that fails by a file is told in words as well.
 */
export function addWords({ words, locale }: Language, features: Ui['features']): { words: Ui['words'] } {
  const { attachments_de: german } = features
  if (isGerman(locale)) void loadOnce(german)
  const given = isGerman(locale) ? german.loaded?.strings : undefined
  return {
    words: { ...ENGLISH, ...given, ...words, errors: { ...ENGLISH.errors, ...given?.errors, ...words.errors } },
  }
}

const asked = new WeakMap<object, Promise<void>>()

/** What could not be fetched is not asked for again at each drawing. */
export function loadOnce(feature: { load(): Promise<void> }): Promise<void> {
  const loading = asked.get(feature) ?? feature.load()
  asked.set(feature, loading)
  return loading
}

const isGerman = (locale: string): boolean => /^de\b/.test(locale)

/** Whether the words are there, in the language that the panel speaks. */
export const hasWords = ({ locale, features: { attachments_de: german } }: Ui): boolean =>
  !isGerman(locale) || !!german.loaded || german.failed

/** `addWords` has put them there. */
export const wordsOf = ({ words }: Ui): AttachmentStrings & Ui['words'] => words as AttachmentStrings & Ui['words']

/** A name in words, kept from turning them around. */
export const named = (words: string, name: string): string => fill(words, { name: `\u2068${showName(name)}\u2069` })

/** A name in one line, without what turns the direction of what stands beside it. Nobody reads more than 200 characters. */
export const showName = (name: string): string =>
  name
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim()
    .replace(/^(.{180}).{2,}(.{19})$/u, '$1…$2')

/** `formatSize(1_572_864, 'en')` is `'1.5 MB'`. */
export function formatSize(bytes: number, locale: string): string {
  const [size, unit] =
    bytes < 1024 ? [bytes, 'byte'] : bytes < 1_000_000 ? [bytes / 1024, 'kilobyte'] : [bytes / 1_048_576, 'megabyte']
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumFractionDigits: size < 10 ? 1 : 0,
  }).format(size)
}

/** `image/png` is `PNG`. */
export function formatType(type: string): string {
  const [, name = ''] = type.split('/')
  return name === 'plain' ? 'TXT' : name.toUpperCase()
}

/** From when on what was refused may succeed, as the time of a day. */
function timeAfter(ms: number, locale: string): string {
  const day = ms > 3_600_000 && ({ weekday: 'long' } as const)
  return new Intl.DateTimeFormat(locale, { ...day, hour: 'numeric', minute: '2-digit' }).format(Date.now() + ms)
}

/** When each error may be tried again: the time of day must not move on at each drawing. */
const times = new WeakMap<LoaclError, string>()

/** Why a file was not uploaded, with what is allowed, and from when on. */
export function describeFailure(ui: Ui, error: LoaclError, maxBytes: number): string {
  const words = wordsOf(ui)
  const { errors } = ui.features
  const { code, retryAfterMs = 0 } = error
  void loadOnce(errors)
  const told = [errors.loaded?.describeError(code, words) ?? words.errors[code] ?? words.errors.other]
  if (code === 'file_too_large') told.push(fill(words.fileSizeLimit, { size: formatSize(maxBytes, ui.locale) }))
  if (retryAfterMs) {
    const time = times.get(error) ?? timeAfter(retryAfterMs, ui.locale)
    times.set(error, time)
    told.push(fill(words.fileRetryAfter, { time }))
  }
  return told.join(' ')
}
