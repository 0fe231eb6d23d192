import {
  ERROR_STATUS,
  type ErrorCode,
  type GuidedQuestion,
  type Message,
  type PublicAssistant,
  type ThreadSummary,
} from '@loacl/wire'
import { http, type HttpHandler } from 'msw'
import { answerRequest, type RequestName, type TestRequest } from './answer_request.ts'
import { newProjectState, type Scripted } from './project_state.ts'
import { Refusal } from './refusal.ts'
import {
  createScriptedAnswer,
  type FailureDetails,
  type Reply,
  type StreamedAnswer,
  toAnswer,
} from './scripted_answer.ts'
import { messageOf, type StoredThread, summaryOf } from './stored_thread.ts'

export interface TestProjectOptions {
  /** Default: `https://loacl-test.supabase.co`. */
  url?: string | undefined
  /** Default: `sb_publishable_test`. */
  key?: string | undefined
  assistant?: Partial<PublicAssistant> | undefined
  /** Offered before the first message. */
  questions?: readonly string[] | undefined
  /** Of the first questions, in turn. */
  answers?: readonly (string | Reply)[] | undefined
}

export interface FailOptions extends FailureDetails {
  /** The next request of this name. Default: `POST turns`, the next question. */
  at?: RequestName | undefined
}

/** A Supabase project with LOACL in it, in memory, whose answers a test decides. */
export interface TestProject {
  readonly url: string
  readonly key: string
  /** The assistant's id. */
  readonly assistant: string
  /** For msw's `setupServer` and `setupWorker`. They answer LOACL's requests to `url`, and no others. */
  readonly handlers: HttpHandler[]
  /** Answers without msw: `createClient(project)`. */
  readonly fetch: typeof fetch
  /** Answers the next question. Once nothing is scripted, an answer repeats its question. */
  answer(reply: string | Reply): void
  /** Answers the next question as the test goes on. */
  stream(): StreamedAnswer
  /**
   * Fails the next question, or the next request that `at` names, once. A code of the model's fails the answer in its
   * stream; with `network` there is no response; all others are refusals with their HTTP status.
   */
  fail(code: ErrorCode, options?: FailOptions): void
  /** A token for `identify`: of the site's visitor with this id. */
  identityToken(externalId: string): string
  /** A token for `identify`, and for requests: of a Supabase user. */
  accessToken(userId: string): string
  /** All that was asked, oldest first. */
  readonly requests: readonly TestRequest[]
  /** Of all visitors, oldest first. Deleted ones are not among them. */
  readonly threads: readonly ThreadSummary[]
  /** In these threads, oldest first. */
  readonly messages: readonly Message[]
  /** Forgets what was scripted, asked and stored, and the tokens. */
  reset(): void
}

/** Codes with which a turn that has begun fails. */
const IN_STREAM =
  /^(model_|(input|output)_flagged$|moderation_unavailable$|turn_abandoned$|turn_lease_lost$|provider_key_(unusable|rejected)$)/

const DEFAULT_ASSISTANT: PublicAssistant = {
  id: '0b0f7d0c-5a2e-4f0e-9a51-3f6c2f1f8f11',
  name: 'Test assistant',
  description: null,
  greeting: null,
  appearance: {},
  maxMessageLength: 8_000,
  fingerprint: false,
  pageContext: true,
  imageHosts: [],
  files: null,
}

/**
 * @example
 * const project = createTestProject()
 * const server = setupServer(...project.handlers)
 * project.answer('We open at nine.')
 */
export function createTestProject(options: TestProjectOptions = {}): TestProject {
  const { url = 'https://loacl-test.supabase.co', key = 'sb_publishable_test' } = options
  const root = `${url.replace(/\/+$/, '')}/`
  const assistant = { ...DEFAULT_ASSISTANT, ...options.assistant }
  const questions = (options.questions ?? []).map(toGuidedQuestion)
  let tokens = 0
  let script: Scripted[]
  let failures: { at: RequestName; refusal: Refusal }[]
  let requests: TestRequest[]
  let state: ReturnType<typeof newProjectState>

  function nextAnswer(question: string) {
    const next = script.shift() ?? toAnswer(`You asked: ${question}`)
    if (next instanceof Refusal) throw next
    return next
  }

  function onRequest(request: TestRequest): void {
    requests.push(request)
    const found = failures.findIndex(({ at }) => at === request.name)
    if (found >= 0) throw failures.splice(found, 1)[0]!.refusal
  }

  const answering = () => ({ root, key, state, onRequest })

  function scriptAnswer(): StreamedAnswer {
    const answer = createScriptedAnswer()
    script.push(answer)
    return answer
  }

  function makeToken(of: Map<string, string>, id: string): string {
    const token = `test.${encodeURIComponent(id)}.${++tokens}`
    of.set(token, id)
    return token
  }

  function reset(): void {
    script = (options.answers ?? []).map(toAnswer)
    failures = []
    requests = []
    state = newProjectState({ assistant, questions, nextAnswer })
  }
  reset()

  const shown = (): StoredThread[] => [...state.threads.values()].filter(({ status }) => status !== 'deleted')

  return {
    url,
    key,
    assistant: assistant.id,
    // Where nothing is returned, msw asks the next handler. That one reads the request as well.
    handlers: [
      http.all(`${root}*`, async ({ request }) => (await answerRequest(request.clone(), answering())) ?? undefined),
    ],
    // A document of a test has AbortSignals of its own, which the platform's Request does not take.
    async fetch(input, { signal, ...init }: RequestInit = {}) {
      const request = new Request(input, init)
      signal?.throwIfAborted()
      const response = await answerRequest(request, answering(), signal ?? request.signal)
      signal?.throwIfAborted()
      if (response && response.type !== 'error') return response
      throw new TypeError(
        response ? 'Failed to fetch' : `Not one of LOACL's requests: ${request.method} ${request.url}`,
      )
    },
    answer: (reply) => void script.push(toAnswer(reply)),
    stream: scriptAnswer,
    fail(code, { at, ...details } = {}) {
      if (ERROR_STATUS[code] === 0 && code !== 'network') throw new TypeError(`A project never sends ${code}.`)
      if (at === undefined && IN_STREAM.test(code)) return scriptAnswer().fail(code, details)
      const refusal = new Refusal(code, details.message, details.retryAfterMs)
      if (at === undefined) script.push(refusal)
      else failures.push({ at, refusal })
    },
    identityToken: (externalId) => makeToken(state.identityTokens, externalId),
    accessToken: (userId) => makeToken(state.accessTokens, userId),
    get requests() {
      return requests
    },
    get threads() {
      return shown().map(summaryOf)
    },
    get messages() {
      return shown().flatMap(({ messages }) => messages.map(messageOf))
    },
    reset,
  }
}

const toGuidedQuestion = (question: string, at: number): GuidedQuestion => ({
  id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
  question,
  category: null,
})
