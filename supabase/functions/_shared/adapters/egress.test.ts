import { expect, it } from 'vitest'
import { createEgress } from './egress.ts'

const LIMITS = { eventBytes: 1_000, bodyBytes: 1_000 }

const calls: { url: string; init: RequestInit | undefined }[] = []
const egress = createEgress({
  privateHosts: ['127.0.0.1:4010', 'ollama.internal:11434'],
  fetch: async (input, init) => {
    calls.push({ url: String(input), init })
    return new Response()
  },
})

it.each([
  'https://api.openai.com/v1',
  'https://models.example:8443/v1',
  'https://11.0.0.1/v1',
  'https://[2606:2800:220:1::1]/v1',
  'http://127.0.0.1:4010/v1',
  'http://ollama.internal:11434/v1',
])('lets %s through, without redirects', async (url) => {
  await egress.fetchWithin(LIMITS)(url, { method: 'POST' })
  expect(calls.pop()).toEqual({ url, init: { method: 'POST', redirect: 'error' } })
})

it.each([
  'http://api.openai.com/v1',
  'http://127.0.0.1:4011/v1',
  'https://localhost/v1',
  'https://localhost./v1',
  'https://internal/v1',
  'https://192.0.0.192/v1',
  'https://224.0.0.1/v1',
  'https://127.0.0.1/v1',
  'https://2130706433/v1',
  'https://0x7f.1/v1',
  'https://10.1.2.3/v1',
  'https://172.16.0.1/v1',
  'https://192.168.1.1/v1',
  'https://192.88.99.1/v1',
  'https://100.64.0.1/v1',
  'https://169.254.169.254/latest',
  'https://[::1]/v1',
  'https://[::ffff:127.0.0.1]/v1',
  'https://[::127.0.0.1]/v1',
  'https://[fec0::1]/v1',
  'https://[2001:0:7f00:1::]/v1',
  'https://[2002:7f00:1::]/v1',
  'https://[fd00::1]/v1',
  'https://[64:ff9b::a00:1]/v1',
  'https://metadata.google.internal/v1',
  'https://db:5432/v1',
  'https://models.lan/v1',
  'https://user:password@models.example/v1',
  'https://:password@models.example/v1',
  'file:///etc/passwd',
  'models.example',
  '',
])('stops %j', async (url) => {
  expect(() => egress.check(url)).toThrow(expect.objectContaining({ code: 'provider_key_unusable' }))
  await expect(egress.fetchWithin(LIMITS)(url)).rejects.toMatchObject({ code: 'provider_key_unusable' })
  expect(calls).toEqual([])
})

const resolving = (addresses: readonly string[] | null | Error) =>
  createEgress({
    privateHosts: ['models.lan:8080'],
    fetch: async (input, init) => {
      calls.push({ url: String(input), init })
      return new Response()
    },
    resolve: () => (addresses instanceof Error ? Promise.reject(addresses) : Promise.resolve(addresses)),
  })

it.each([[['93.184.216.34', '2606:2800:220:1::1']], [null]])('lets a name through that means %j', async (addresses) => {
  await resolving(addresses).fetchWithin(LIMITS)('https://models.example/v1')
  expect(calls.pop()?.url).toBe('https://models.example/v1')
})

it('lets a listed host through, whatever it means', async () => {
  await resolving(['10.0.0.1']).fetchWithin(LIMITS)('http://models.lan:8080/v1')
  expect(calls.pop()?.url).toBe('http://models.lan:8080/v1')
})

it.each<[string, readonly string[] | Error]>([
  ['provider_key_unusable', ['127.0.0.1']],
  ['provider_key_unusable', ['93.184.216.34', '10.0.0.1']],
  ['provider_key_unusable', ['0:0:0:0:0:ffff:7f00:1']],
  ['provider_key_unusable', ['FD00::1']],
  ['provider_key_unusable', ['fe80::1%eth0']],
  ['provider_key_unusable', ['192.88.99.1']],
  ['model_unavailable', []],
  ['model_unavailable', new Error('The name server is away.')],
])('stops with %s a name that means %j', async (code, addresses) => {
  await expect(resolving(addresses).fetchWithin(LIMITS)('https://models.example/v1')).rejects.toMatchObject({ code })
  expect(calls).toEqual([])
})
