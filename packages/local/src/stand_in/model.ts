import { LLMock } from '@copilotkit/aimock'
import { HOST } from '../ports.ts'
import { findAnswer, toMarkdown } from './answers.ts'
import { MARKERS } from './markers.ts'

type Fixture = Parameters<LLMock['addFixture']>[0]
type ModelRequest = Parameters<NonNullable<Fixture['match']['predicate']>>[0]
type Profile = NonNullable<Fixture['streamingProfile']>

/** `natural` is what people are used to; `quick` is for tests that have no interest in waiting. */
export type Pace = 'natural' | 'quick'

const PACES: Readonly<Record<Pace, Profile>> = {
  natural: { ttft: 350, tps: 55, jitter: 0.35 },
  quick: { ttft: 15, tps: 1_000 },
}
const SLOW: Profile = { ttft: 3_000, tps: 4 }
const SILENT: Profile = { ttft: 90_000, tps: 1 }

export interface StandIn {
  /** For `baseURL` of the provider: ends in `/v1`. */
  url: string
  /** Bodies of the requests so far, in aimock's form, oldest first. */
  requests(): readonly unknown[]
  stop(): Promise<void>
}

/**
 * Speaks OpenAI's Responses API where no key is set: varied Markdown for an answer, JSON for the structured call that
 * asks for a title and follow-ups, and failures by marker (`MARKERS`).
 */
export async function startStandIn(port: number, pace: Pace): Promise<StandIn> {
  const mock = new LLMock({ port, host: HOST, logLevel: 'silent', journalMaxEntries: 200 })
  mock.addFixtures(makeFixtures(PACES[pace]))
  await mock.start()
  return {
    url: `http://${HOST}:${mock.port}/v1`,
    requests: () => mock.getRequests().map((entry) => entry.body),
    stop: () => mock.stop(),
  }
}

/** The error as OpenAI words it. */
const failure = (marker: string, status: number, message: string, code: string, retryAfter?: number): Fixture => ({
  match: { predicate: (request) => question(request).includes(marker) },
  response: {
    status,
    error: {
      message,
      code,
      type: status === 429 ? 'requests' : status === 401 ? 'invalid_request_error' : 'server_error',
    },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  },
})

function makeFixtures(profile: Profile): Fixture[] {
  const answer = (marker: string | null, more: Partial<Fixture>, write = writeAnswer): Fixture => ({
    match: { predicate: (request) => marker === null || question(request).includes(marker) },
    response: (request) => ({ content: write(request), usage: countTokens(request, write(request)) }),
    streamingProfile: profile,
    // About as many characters as a token has.
    chunkSize: 5,
    ...more,
  })
  return [
    {
      match: { predicate: (request) => isStructured(request) && question(request).includes(MARKERS.noFollowUps) },
      response: { status: 500, error: { message: 'The server had an error.', type: 'server_error' } },
    },
    {
      match: { predicate: isStructured },
      response: (request) => {
        const content = writeFollowUps(request)
        return { content, usage: countTokens(request, content) }
      },
      streamingProfile: profile,
    },
    failure(MARKERS.unauthorized, 401, 'Incorrect API key provided: sk-stand-****-in.', 'invalid_api_key'),
    failure(MARKERS.rateLimited, 429, 'Rate limit reached for requests.', 'rate_limit_exceeded', 7),
    failure(MARKERS.serverError, 500, 'The server had an error while processing your request.', 'server_error'),
    answer(MARKERS.cut, { truncateAfterChunks: 24 }),
    answer(MARKERS.slow, { streamingProfile: SLOW }),
    answer(MARKERS.silent, { streamingProfile: SILENT }),
    answer(MARKERS.long, { chunkSize: 40 }, writeLongAnswer),
    answer(MARKERS.echo, {}, (request) => question(request).replace(MARKERS.echo, '').trim()),
    answer(null, {}),
  ]
}

/** The call after an answer ends with that answer; a call for an answer ends with the visitor's message. */
const isStructured = (request: ModelRequest): boolean =>
  request.stream !== true || request.messages.at(-1)?.role === 'assistant'

const textOf = (content: ModelRequest['messages'][number]['content']): string =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('')

const question = (request: ModelRequest): string =>
  textOf(request.messages.findLast((message) => message.role === 'user')?.content ?? '')

const turn = (request: ModelRequest): number => request.messages.filter((message) => message.role === 'user').length

const writeAnswer = (request: ModelRequest): string => toMarkdown(findAnswer(question(request), turn(request)))

const LONG = 20_000

function writeLongAnswer(request: ModelRequest): string {
  let text = writeAnswer(request)
  for (let part = 1; text.length < LONG; part++) text += `\n\n## Part ${part}\n\n${findAnswer('', part).text}`
  return text.slice(0, LONG)
}

function writeFollowUps(request: ModelRequest): string {
  const { title, followUps } = findAnswer(question(request), turn(request))
  return JSON.stringify({ title, followUps })
}

/** Four characters to a token, as English has. */
function countTokens(request: ModelRequest, text: string): { input_tokens: number; output_tokens: number } {
  const input = request.messages.reduce((sum, message) => sum + textOf(message.content).length, 0)
  return { input_tokens: Math.ceil(input / 4), output_tokens: Math.ceil(text.length / 4) }
}
