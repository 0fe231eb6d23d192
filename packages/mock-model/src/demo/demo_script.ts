import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../answer.ts'
import type { MockModelOptions, Script, WholeScript } from '../mock_model.ts'
import { findAnswer, toMarkdown } from './answers.ts'
import { describeFiles } from './file_answer.ts'
import { MARKERS } from './markers.ts'
import { findCall, findHosted, findToolAnswer, tellResult } from './tool_calls.ts'

/** `natural` is what people are used to; `quick` is for tests that have no interest in waiting. */
export type Pace = 'natural' | 'quick'

interface Speed {
  /** Milliseconds to the first piece. */
  firstMs: number
  piecesPerSecond: number
  /** By what part of itself each wait may be shorter or longer. */
  jitter: number
}

const PACES: Readonly<Record<Pace, Speed>> = {
  natural: { firstMs: 350, piecesPerSecond: 55, jitter: 0.35 },
  quick: { firstMs: 15, piecesPerSecond: 1_000, jitter: 0 },
}
const SLOW: Speed = { firstMs: 3_000, piecesPerSecond: 4, jitter: 0 }
const SILENT: Speed = { firstMs: 90_000, piecesPerSecond: 1, jitter: 0 }

/** About as many characters as a token has. */
const PIECE = 5
const LONG_PIECE = 40
const LONG = 20_000
const CUT_AFTER = 24

/** The errors as OpenAI words them. */
const FAILURES = [
  [
    MARKERS.unauthorized,
    401,
    'Incorrect API key provided: sk-mock-****odel.',
    'invalid_request_error',
    'invalid_api_key',
  ],
  [MARKERS.rateLimited, 429, 'Rate limit reached for requests.', 'requests', 'rate_limit_exceeded'],
  [MARKERS.serverError, 500, 'The server had an error while processing your request.', 'server_error', 'server_error'],
] as const

/**
 * The answers of the demo: varied Markdown, JSON for the structured calls that ask for a title and follow-ups or a summary, and
 * failures by marker (`MARKERS`).
 */
export function createDemo(pace: Pace): Required<Pick<MockModelOptions, 'script' | 'answerWhole'>> {
  const script: Script = async (say, response, answer) => {
    const { question } = answer
    const has = (marker: string): boolean => question.includes(marker)
    for (const [marker, status, message, type, code] of FAILURES)
      if (has(marker))
        return answer.sendError(status, { message, type, code }, status === 429 ? { 'retry-after': '7' } : {})
    const call = findCall(answer)
    if (call) {
      countTokens(answer, JSON.stringify(call))
      answer.call(call)
      return answer.end()
    }
    const hosted = findHosted(answer)
    if (hosted) answer.callHosted(hosted)
    const text = writeAnswer(answer)
    countTokens(answer, text)
    const speed = has(MARKERS.slow) ? SLOW : has(MARKERS.silent) ? SILENT : PACES[pace]
    const closed = new Promise((resolve) => response.once('close', resolve))
    const pieces = toPieces(text, has(MARKERS.long) ? LONG_PIECE : PIECE)
    for (const [index, piece] of pieces.entries()) {
      if (has(MARKERS.cut) && index === CUT_AFTER) response.destroy()
      const ms = index === 0 ? speed.firstMs : 1_000 / speed.piecesPerSecond
      const wait = ms * (1 + speed.jitter * (2 * Math.random() - 1))
      await Promise.race([delay(wait, undefined, { ref: false }), closed])
      if (response.destroyed) return
      say(piece)
    }
  }
  return { script, answerWhole: answerStructured }
}

const answerStructured: WholeScript = (_, answer) => {
  if (answer.wantsSummary) return sendStructured(answer, { summary: 'They spoke of lamps.' })
  if (answer.question.includes(MARKERS.noFollowUps))
    return answer.sendError(500, { message: 'The server had an error.', type: 'server_error' })
  const { title, followUps } = findToolAnswer(answer.question) ?? findAnswer(answer.question, countTurns(answer))
  sendStructured(answer, { title, followUps })
}

function sendStructured(answer: Answer, document: Record<string, unknown>): void {
  const text = JSON.stringify(document)
  countTokens(answer, text)
  answer.sendWhole(text)
}

const countTurns = ({ said }: Answer): number => said.filter(({ role }) => role === 'user').length

function writeAnswer(answer: Answer): string {
  const { question } = answer
  if (question.includes(MARKERS.echo)) return question.replace(MARKERS.echo, '').trim()
  if (answer.round > 0) return toMarkdown({ text: tellResult(answer) })
  if (answer.files.length > 0) return toMarkdown({ text: describeFiles(answer.files) })
  let text = toMarkdown(findAnswer(question, countTurns(answer)))
  if (!question.includes(MARKERS.long)) return text
  for (let part = 1; text.length < LONG; part++) text += `\n\n## Part ${part}\n\n${findAnswer('', part).text}`
  return text.slice(0, LONG)
}

function toPieces(text: string, length: number): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += length) pieces.push(text.slice(at, at + length))
  return pieces
}

/** Four characters to a token, as English has. */
function countTokens(answer: Answer, text: string): void {
  const input = answer.said.reduce((sum, { content }) => sum + content.length, 0)
  answer.usage = { input_tokens: Math.ceil(input / 4), output_tokens: Math.ceil(text.length / 4) }
}
