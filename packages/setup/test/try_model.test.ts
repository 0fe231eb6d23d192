import { startMockModel } from '@loacl/mock-model'
import { expect, it, onTestFinished } from 'vitest'
import { tryModel } from '../src/try_model.ts'

it.each([
  ['openai', '/v1/responses', { max_output_tokens: 16, store: false }],
  ['openai-chat', '/v1/chat/completions', { max_tokens: 16 }],
])('a model is tried in the wire format of its key: %s', async (wireFormat, path, body) => {
  const mock = await startMockModel()
  onTestFinished(() => mock.stop())
  const provider = { apiKey: 'sk-1', baseUrl: mock.url, wireFormat }
  expect(await tryModel(provider, 'gpt-oss:20b')).toEqual({ model: 'gpt-oss:20b', failure: null })
  expect(mock.requests).toEqual([{ what: `POST ${path}`, key: 'sk-1' }])
  expect(mock.structuredCalls).toMatchObject([{ model: 'gpt-oss:20b', ...body }])
})
