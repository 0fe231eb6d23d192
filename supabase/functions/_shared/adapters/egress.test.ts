import { expect, it } from 'vitest'
import { createEgress } from './egress.ts'

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
  'http://127.0.0.1:4010/v1',
  'http://ollama.internal:11434/v1',
])('lets %s through, without redirects', async (url) => {
  await egress.fetch(url, { method: 'POST' })
  expect(calls.pop()).toEqual({ url, init: { method: 'POST', redirect: 'error' } })
})

it.each([
  'http://api.openai.com/v1',
  'http://127.0.0.1:4011/v1',
  'https://localhost/v1',
  'https://127.0.0.1/v1',
  'https://2130706433/v1',
  'https://0x7f.1/v1',
  'https://10.1.2.3/v1',
  'https://172.16.0.1/v1',
  'https://192.168.1.1/v1',
  'https://100.64.0.1/v1',
  'https://169.254.169.254/latest',
  'https://[::1]/v1',
  'https://[::ffff:127.0.0.1]/v1',
  'https://[fd00::1]/v1',
  'https://metadata.google.internal/v1',
  'https://user:password@models.example/v1',
  'file:///etc/passwd',
  'models.example',
  '',
])('stops %j', async (url) => {
  expect(() => egress.check(url)).toThrow(expect.objectContaining({ code: 'provider_key_unusable' }))
  await expect(egress.fetch(url)).rejects.toMatchObject({ code: 'provider_key_unusable' })
  expect(calls).toEqual([])
})
