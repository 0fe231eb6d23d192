import { describe, expect, it } from 'vitest'
import { createClient, type ClientOptions } from '../src/index.ts'
import { ASSISTANT, fakeProject, KEY, URL_OF_PROJECT } from './support/project.ts'
import { clientOf } from './support/watch.ts'

const base64Url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (payload: object) => `${base64Url({ alg: 'HS256', typ: 'JWT' })}.${base64Url(payload)}.c2lnbmF0dXJl`

const make = (change: object) => {
  const project = fakeProject()
  const given = { url: URL_OF_PROJECT, key: KEY, assistant: ASSISTANT, fetch: project.fetch, ...change }
  return { project, create: () => createClient(given as ClientOptions) }
}

describe('options that can’t be right are refused before any request', () => {
  it.each<[string, string, unknown]>([
    ['an address that is none', 'url', 'abc.supabase.co'],
    ['an assistant that is not given', 'assistant', undefined],
    ['an empty assistant', 'assistant', ''],
    ['a key that is not given', 'key', undefined],
    ['a secret key', 'key', 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'],
    ['a service key', 'key', jwt({ iss: 'supabase', ref: 'abcdefghijklmnopqrst', role: 'service_role', iat: 1 })],
    ['a service key of a shorter reference', 'key', jwt({ iss: 'supabase', ref: 'abc', role: 'service_role' })],
    ['a service key of one more letter', 'key', jwt({ iss: 'supabase', ref: 'abcd', role: 'service_role' })],
    ['a service key of two more letters', 'key', jwt({ iss: 'supabase', ref: 'abcde', role: 'service_role' })],
  ])('%s', (_, name, value) => {
    const { project, create } = make({ [name]: value })
    const message = expect.stringContaining(`"${name}"`)
    expect(create).toThrow(expect.objectContaining({ code: 'options_invalid', message }))
    expect(project.calls).toEqual([])
  })

  it('a refusal does not repeat the key', () => {
    const { create } = make({ key: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz' })
    expect(create).toThrow(expect.not.objectContaining({ message: expect.stringContaining('N7UND0') }))
  })

  it.each(['abc', 'abcd', 'abcde'])('an older project’s key for pages is taken', async (ref) => {
    const project = fakeProject()
    const key = jwt({ iss: 'supabase', ref, role: 'anon', iat: 1 })
    await clientOf(project, { key } as Partial<ClientOptions>).open()
    expect(project.calls[0]!.headers.get('apikey')).toBe(key)
  })
})
