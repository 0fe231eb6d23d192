import { expect, test } from 'vitest'
import { ENGLISH as ANSWERS } from '../src/features/answers/english.ts'
import { ENGLISH as ATTACHMENTS } from '../src/features/attachments/english.ts'
import { strings as GERMAN_ATTACHMENTS } from '../src/features/attachments_de/index.ts'
import { ENGLISH as BLOCKS } from '../src/features/blocks/english.ts'
import { ENGLISH as CITATIONS } from '../src/features/citations/english.ts'
import { ENGLISH as CONTEXT } from '../src/features/context/english.ts'
import { GERMAN as CONTEXT_IN_GERMAN } from '../src/features/context/german.ts'
import { ENGLISH as CONVERSATIONS } from '../src/features/conversations/english.ts'
import { ENGLISH as ERRORS } from '../src/features/errors/english.ts'
import { ENGLISH as JUMP } from '../src/features/jump/english.ts'
import { ENGLISH as LENGTH } from '../src/features/length/english.ts'
import { ENGLISH as PARTS } from '../src/features/parts/english.ts'
import { ENGLISH as SIBLINGS } from '../src/features/siblings/english.ts'
import { ENGLISH as TOOLS } from '../src/features/tools/english.ts'
import { strings as GERMAN_TOOLS } from '../src/features/tools_de/index.ts'
import { createLanguageLoader } from '../src/language.ts'
import { LANGUAGES } from '../src/languages/index.ts'
import { ENGLISH as LAUNCHER } from '../src/launcher/chat_element.ts'
import { mergeLook } from '../src/look.ts'
import { ENGLISH, type LanguageStrings } from '../src/strings.ts'
import type { Look } from '../src/types.ts'

/** Words that are the same in English, by language. */
const SAME: Readonly<Record<string, string[]>> = { de: ['chat', 'markdown.code'] }

/** Each string by its path, such as `errors.network`. */
function flatten(strings: object, path = ''): Map<string, string> {
  const flat = new Map<string, string>()
  for (const [name, value] of Object.entries(strings))
    if (typeof value === 'string') flat.set(path + name, value)
    else for (const entry of flatten(value as object, `${path}${name}.`)) flat.set(...entry)
  return flat
}

const placeholders = (words: string) => (words.match(/\{\w+\}/g) ?? []).toSorted()

const english = new Map(
  [
    ENGLISH,
    LAUNCHER,
    ANSWERS,
    { markdown: BLOCKS },
    CITATIONS,
    CONVERSATIONS,
    JUMP,
    LENGTH,
    PARTS,
    SIBLINGS,
    ERRORS,
  ].flatMap((strings) => [...flatten(strings)]),
)
test.each([
  ...Object.entries(LANGUAGES).map(([tag, load]) => [tag, load, english] as const),
  ['de', async () => ({ strings: GERMAN_TOOLS }), flatten(TOOLS)] as const,
  ['de', async () => ({ strings: GERMAN_ATTACHMENTS }), flatten(ATTACHMENTS)] as const,
])('%s has words of its own for all that English has', async (tag, load, from) => {
  const words = flatten((await load()).strings)
  expect([...words.keys()].toSorted()).toEqual([...from.keys()].toSorted())
  const untranslated = [...words].filter(([path, text]) => !text.trim() || text === from.get(path))
  expect(untranslated.map(([path]) => path)).toEqual(SAME[tag]!.filter((path) => from.has(path)))
  for (const [path, text] of words) expect([path, placeholders(text)]).toEqual([path, placeholders(from.get(path)!)])
})

test('a feature that has its words in German itself has all of them', () => {
  const [own, german] = [flatten(CONTEXT), flatten(CONTEXT_IN_GERMAN)]
  expect([...german.keys()]).toEqual([...own.keys()])
  for (const [path, text] of german) {
    expect(text).not.toBe(own.get(path))
    expect([path, placeholders(text)]).toEqual([path, placeholders(own.get(path)!)])
  }
})

/** The language of a widget with these files, and what could not be fetched. */
function languageOf(first: Look, file: (tag: string, attempt: number) => Promise<{ strings: LanguageStrings }>) {
  const look = mergeLook({}, first)
  const failures: unknown[] = []
  const files = { languages: ['de'], language: file }
  const languages = createLanguageLoader(
    files,
    (cause) => failures.push(cause),
    () => {},
  )
  return {
    failures,
    load: () => languages.load(look),
    read: (change: Look = {}) => languages.read(mergeLook(look, change)),
  }
}

const german = () => LANGUAGES.de!()

test.each([['de'], ['de-AT'], ['de_CH'], ['DE']])(
  'a locale of %s speaks German once its words are there',
  async (locale) => {
    const { read, load } = languageOf({ locale }, german)
    expect([read().words.newChat, read().locale]).toEqual(['New chat', 'en'])
    await load()
    expect(read().words.newChat).toBe('Neuer Chat')
    expect(read().locale).toBe(new Intl.Locale(locale.replace('_', '-')).toString())
  },
)

test.each([['den'], ['eo'], ['no such language'], ['']])(
  'a locale of “%s” speaks English, and fetches nothing',
  async (locale) => {
    const { read, load } = languageOf({ locale }, () => expect.unreachable())
    await load()
    expect([read().words.newChat, read().locale]).toEqual(['New chat', 'en'])
  },
)

test('the page’s own words go over those of the language, which go over the English ones', async () => {
  const page = { newChat: 'Frisch', errors: { other: 'Oh' } }
  const { read, load } = languageOf({ locale: 'de', strings: page }, german)
  await load()
  expect(read().words).toMatchObject({
    newChat: 'Frisch',
    closeChat: 'Chat schließen',
    markdown: { copied: 'Kopiert' },
  })
  expect(read().words.errors).toMatchObject({ other: 'Oh', network: expect.stringContaining('erreichbar') })
  expect(read({ locale: 'en' }).words).toMatchObject({
    newChat: 'Frisch',
    closeChat: 'Close chat',
    errors: { other: 'Oh' },
  })
})

test('a language that cannot be fetched leaves English, is reported, and is tried again under another address', async () => {
  const attempts: number[] = []
  const { read, load, failures } = languageOf({ locale: 'de' }, (_, attempt) => {
    attempts.push(attempt)
    return attempt === 0 ? Promise.reject(new Error('offline')) : german()
  })
  await load()
  expect([read().words.newChat, failures]).toEqual(['New chat', [new Error('offline')]])
  await load()
  await load()
  expect([read().words.newChat, failures.length, attempts]).toEqual(['Neuer Chat', 1, [0, 1]])
})
