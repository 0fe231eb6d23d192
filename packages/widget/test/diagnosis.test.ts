import { readFileSync } from 'node:fs'
import { isForOwner, LoaclError, type ErrorCode } from '@loacl/core'
import { ERROR_STATUS } from '@loacl/wire'
import { afterEach, expect, test, vi } from 'vitest'
import { CAUSES } from '../src/features/diagnosis/causes.ts'
import { tellDeveloper } from '../src/features/diagnosis/index.ts'
import { loadFeature, type LoadFeature } from '../src/features/index.ts'
import type { WidgetOptions } from '../src/types.ts'
import { assembleWidget } from '../src/widget.ts'
import { createScriptedClient } from './scripted_client.ts'

afterEach(() => vi.restoreAllMocks())

const listen = () => {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((...said: unknown[]) => void lines.push(said.join(' ')))
  return lines
}
const assemble = (options: WidgetOptions, feature: LoadFeature = loadFeature) =>
  assembleWidget(null, options, {
    view: () => {
      throw new Error('No panel is shown.')
    },
    feature,
    languages: [],
    language: () => Promise.reject(new Error('No language ships.')),
  })
const OPTIONS = { url: 'https://abc.supabase.co', key: 'sb_publishable_x', assistant: 'a1' }

test.each([
  ['no assistant', { assistant: undefined }, '"assistant"'],
  ['a secret key', { key: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg' }, '"key"'],
])('%s: refused before any request, with one line on the console', async (_, wrong, name) => {
  const lines = listen()
  const fetch = vi.fn<typeof globalThis.fetch>()
  const options = { ...OPTIONS, fetch, ...wrong } as unknown as WidgetOptions
  expect(() => assemble(options)).toThrow(expect.objectContaining({ code: 'options_invalid' }))
  await expect.poll(() => lines.length).toBe(1)
  expect(lines[0]).toContain('loacl options_invalid')
  expect(lines[0]).toContain(name)
  expect(lines[0]).toContain('docs/errors.md#options_invalid')
  expect(lines[0]).not.toContain('N7UND0')
  expect(fetch).not.toHaveBeenCalled()
})

const json = (status: number, body: object) => async () => Response.json(body, { status })

test.each<[ErrorCode, () => Promise<Response>]>([
  ['origin_not_allowed', json(403, { code: 'PT403', message: 'origin_not_allowed', details: 'Not here.' })],
  ['key_rejected', json(401, { message: 'Invalid API key' })],
  ['network', () => Promise.reject(new TypeError('Failed to fetch'))],
])('%s: one line with the code, the cause, what mends it and where to read on', async (code, fetch) => {
  const lines = listen()
  const widget = assemble({ ...OPTIONS, fetch })
  await widget.client.open().catch(() => null)
  await expect.poll(() => lines.length).toBe(1)
  expect(lines[0]).toMatch(new RegExp(`^loacl ${code} .*\n.*docs/errors\\.md#${code}$`))
  expect(lines[0]).toContain(CAUSES[code])
})

test('where the words can’t be fetched, the code and the error stand alone', async () => {
  const lines = listen()
  const client = createScriptedClient()
  client.failOpen = new LoaclError('key_rejected', 'Not this one.')
  assemble({ client }, () => Promise.reject(new Error('offline')))
  await client.open().catch(() => null)
  await expect.poll(() => lines).toEqual(['loacl key_rejected LoaclError: Not this one.'])
})

test('a code of a visitor’s own has no words for developers, nor has one of a newer server', () => {
  const lines = listen()
  for (const code of ['text_too_long', 'constructor'] as ErrorCode[]) tellDeveloper(new LoaclError(code, 'Said.'))
  expect(lines).toEqual(['loacl text_too_long  LoaclError: Said.', 'loacl constructor  LoaclError: Said.'])
})

test('whatever only the owner can mend has words, and a section in docs/errors.md', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, code]) => code)
  expect(sections).toEqual(Object.keys(CAUSES))
  const codes = Object.keys(ERROR_STATUS) as ErrorCode[]
  expect(codes.filter(isForOwner).filter((code) => !CAUSES[code])).toEqual([])
})
