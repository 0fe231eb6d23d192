import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MockModel, startMockModel } from '@loacl/mock-model'
import { createEgress } from './egress.ts'
import { toLogLine } from './log_line.ts'
import { createOpenAIModerator, toVerdict } from './openai_moderator.ts'

let provider: MockModel
beforeAll(async () => {
  provider = await startMockModel()
})
afterAll(() => provider.stop())
beforeEach(() => {
  provider.moderation = (text) => (text.includes('poison') ? ['illicit', 'violence'] : [])
})

function check(
  texts: readonly string[],
  change: { model?: string; baseUrl?: string } = {},
  signal = AbortSignal.timeout(5_000),
) {
  const egress = createEgress({ privateHosts: [new URL(provider.url).host], fetch })
  const moderator = createOpenAIModerator({ egress, defaultBaseUrl: provider.url })
  return moderator.check(
    { apiKey: 'sk-live-123', baseUrl: null, model: 'omni-moderation-latest', texts, ...change },
    signal,
  )
}

/** What the owner's log says of it. */
async function failureOf(checking: Promise<unknown>): Promise<unknown> {
  const error = await checking.then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(error).toMatchObject({ code: 'moderation_unavailable' })
  const line = toLogLine(error, 'r-1')
  expect(line).not.toMatch(/sk-live|poison/)
  return JSON.parse(line)
}

describe('POST /moderations', () => {
  it('is sent the texts, and says what is flagged', async () => {
    expect(await check(['Take poison.'])).toEqual({ isFlagged: true, categories: ['illicit', 'violence'], usage: null })
    expect(provider.moderationCalls.at(-1)).toEqual({ model: 'omni-moderation-latest', input: 'Take poison.' })
    expect(provider.requests.at(-1)).toEqual({ what: 'POST /v1/moderations', key: 'sk-live-123' })
  })

  it('flags several texts where one of them is flagged', async () => {
    expect(await check(['Hello', 'poison'])).toMatchObject({ isFlagged: true })
    expect(await check(['Hello', 'Hi'])).toEqual({ isFlagged: false, categories: [], usage: null })
    expect(provider.moderationCalls.at(-1)).toMatchObject({ input: ['Hello', 'Hi'] })
  })

  it.each([401, 404, 429, 500])('fails with what the owner’s log can say of the status %i', async (status) => {
    provider.statuses.push(status)
    expect(await failureOf(check(['poison']))).toMatchObject({ cause: { status } })
  })

  it.each<[string, string, string]>([
    ['HTML', 'text/html', '<!doctype html><title>Sign in</title>'],
    ['HTML that claims to be JSON', 'application/json', '<!doctype html>'],
    ['nothing', 'application/json', ''],
    ['null', 'application/json', 'null'],
    ['no results', 'application/json', '{"results":[]}'],
    ['results for other texts', 'application/json', '{"results":[{"flagged":false},{"flagged":false}]}'],
    ['a result that says nothing', 'application/json', '{"results":[{}]}'],
    ['words for an answer', 'application/json', '{"results":[{"flagged":"no"}]}'],
    ['an answer to something else', 'application/json', '{"id":"resp_1","object":"response","output":[]}'],
    ['too much', 'application/json', `{"results":[{"flagged":false,"x":"${'a'.repeat(200_000)}"}]}`],
  ])('fails where it answers with %s', async (_, type, body) => {
    provider.moderation = (_text, response) => {
      response.writeHead(200, { 'content-type': type }).end(body)
      return []
    }
    expect(await failureOf(check(['poison']))).toMatchObject({ requestId: 'r-1' })
  })

  it('fails where it breaks off, hangs past its time, or is a host that may not be called', async () => {
    provider.moderation = (_text, response) => {
      response.destroy()
      return []
    }
    await failureOf(check(['poison']))
    provider.moderation = () => new Promise(() => {})
    await failureOf(check(['poison'], {}, AbortSignal.timeout(50)))
    expect(await failureOf(check(['poison'], { baseUrl: 'http://169.254.169.254/v1' }))).toMatchObject({
      cause: { code: 'provider_key_unusable' },
    })
  })
})

const usageOf = (usage: unknown) => toVerdict({ results: [{ flagged: false }], usage }, 1).usage

describe('a verdict', () => {
  it('may have no categories', () => {
    expect(toVerdict({ results: [{ flagged: true }] }, 1)).toEqual({ isFlagged: true, categories: [], usage: null })
    expect(toVerdict({ results: [{ flagged: true, categories: ['hate'] }] }, 1)).toMatchObject({ categories: [] })
  })

  it('of categories alone flags where one of them is named, as Mistral’s', () => {
    for (const hate of [true, false]) {
      const results = [{ categories: { hate, pii: false }, category_scores: { hate: 0.5 } }]
      const categories = hate ? ['hate'] : []
      expect(toVerdict({ results }, 1)).toEqual({ isFlagged: hate, categories, usage: null })
    }
  })

  it('holds no more than can be stored', () => {
    const names = Array.from({ length: 200 }, (_, n) => [`${n}\0${'🙂'.repeat(200)}`, true])
    const { categories } = toVerdict({ results: [{ flagged: true, categories: Object.fromEntries(names) }] }, 1)
    expect(categories).toHaveLength(50)
    expect(categories.every((name) => name.length <= 100 && name.isWellFormed() && !name.includes('\0'))).toBe(true)
  })

  it('has the usage that a provider counts, and no other', () => {
    expect(usageOf({ prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 })).toEqual({
      inputTokens: 9,
      outputTokens: 1,
    })
    expect(usageOf({ input_tokens: 9 })).toEqual({ inputTokens: 9, outputTokens: 0 })
    expect([usageOf({ input_tokens: -1 }), usageOf({ input_tokens: 1e12 }), usageOf('many'), usageOf({})]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})
