// The shapes that named products send, from their own documentation or source. None was tried live.
import { readdirSync, readFileSync } from 'node:fs'
import type { WireFormat } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import type { TokenUsage } from '../domain/store.ts'
import { CALL } from '../test/model_call.ts'
import { createProvider, sse } from '../test/provider_at.ts'

interface Fixture {
  product: string
  wireFormat: WireFormat
  version: string
  source: string
  triedLive: boolean
  stream: (object | string)[]
  whole: object
  error: { status: number; body: object }
  expected: { text: string; reasoning: string; model: string; usage: TokenUsage; errorCode: string }
}

const folder = new URL('../test/wire_fixtures/', import.meta.url)
const fixtures = readdirSync(folder).map((file) => {
  const fixture = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture
  return [`${fixture.product}, ${fixture.wireFormat}`, fixture] as const
})

it('has each named product in both wire formats', () => {
  const products = ['OpenAI', 'Azure OpenAI v1', 'OpenRouter', 'Ollama', 'vLLM', 'LM Studio']
  expect(fixtures.map(([name]) => name).toSorted()).toEqual(
    products.flatMap((product) => [`${product}, openai`, `${product}, openai-chat`]).toSorted(),
  )
})

describe.each(fixtures)('%s', (_name, fixture) => {
  const { wireFormat, stream, whole, error, expected } = fixture
  const call = { ...CALL, wireFormat, showsReasoning: true }

  it('names its source and version', () => {
    expect(fixture.source).toMatch(/^https:\/\//)
    expect(fixture.version).not.toBe('')
  })

  it.each([
    ['a stream', () => sse(...stream)],
    ['JSON', () => Response.json(whole)],
  ])('is read from %s', async (_, respond) => {
    const { text, reasoning, end, details, error: failed } = await createProvider(respond).ask(call)
    expect(failed).toBeNull()
    expect({ text, reasoning, model: details.model, usage: details.usage }).toEqual({
      text: expected.text,
      reasoning: expected.reasoning,
      model: expected.model,
      usage: expected.usage,
    })
    expect(end).toEqual({ state: 'completed' })
  })

  it('keeps nothing readable of the reasoning where that is not shown', async () => {
    const { details } = await createProvider(() => sse(...stream)).ask({ ...call, showsReasoning: false })
    const kept = JSON.stringify(details.providerItems.map((item) => ({ ...(item as object), encrypted_content: '' })))
    expect(kept).not.toContain(expected.reasoning || 'nothing of it')
    expect(kept).toContain(expected.text)
  })

  it('has errors that get a code of ours', async () => {
    const { error: failed } = await createProvider(() => Response.json(error.body, { status: error.status })).ask(call)
    expect(failed?.code).toBe(expected.errorCode)
  })
})
