import { EventEmitter, once } from 'node:events'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { HostedSaid, Incomplete, Said, ToolCallSaid } from './answer.ts'
import type { ModerationScript } from './moderations.ts'
import type { Control, MockModelOptions, Script, WholeScript } from './mock_model.ts'

/**
 * A source that an answer cites. `for`: the words of `text` that rest on it; it is cited once they are said, and the others at
 * the end, without a place. With a `container_id` it is a file that the provider's own tool has made.
 */
type Cited = (
  | { url: string; title?: string }
  | { filename: string; file_id?: string; container_id?: string; quote?: string }
) & { for?: string }

/** What the model says to a visitor's text. */
export interface Reply {
  /** Summaries of its reasoning, sent before anything else. */
  reasoning?: string[]
  text?: string
  /** Cited after `text`. */
  sources?: Cited[]
  /** Tools that the provider runs before it says `text`. */
  hosted?: HostedSaid[]
  /** What it calls before it says `text`: the calls of one step, of the next, and so on. */
  calls?: ToolCallSaid[][]
  /** A second text, which follows the sources. */
  more?: string
  /** Answer with this HTTP status instead. */
  status?: number
  /** Refuse a call as too long that has more messages than so many. */
  reads?: number
  /** After so many characters of `text`, wait until the reply is scripted anew without it. */
  holdAfter?: number
  /** After so many characters of `text`, drop the connection. */
  cutAfter?: number
  /** End `text` as cut short, for this reason. */
  incomplete?: Incomplete
  title?: string
  followUps?: string[]
}

/** One request for an answer, as the model saw it. */
export interface AnsweredCall {
  text: string
  key: string
  /** What the visitor and the model had said before. */
  history: readonly Said[]
  state: 'running' | 'finished' | 'dropped'
}

const SUMMARY = 'They spoke of lights that need no battery.'

const DEFAULT: Required<Pick<Reply, 'text' | 'title' | 'followUps'>> = {
  text: [
    'Our lights are **dynamo driven**, so that they never need a battery. Ask for a ride with them at the quay.',
    'The hub turns with the wheel; a magnet in it turns past a coil, and that is all there is to it.',
    'At walking pace they are bright enough to be seen, and at twelve kilometres an hour you see the road by them.',
    'They go on shining for four minutes after you stop, which is longer than any light on this side of the harbour.',
  ].join('\n\n'),
  title: 'Lights that need no battery',
  followUps: ['How long do they last?', 'What do they cost?'],
}

/** Words that moderation flags, or fails at, in whatever is written. */
export const MODERATED_WORDS = {
  flagged: 'unspeakable',
  /** The provider breaks. */
  failed: 'unmoderatable',
} as const

const moderation: ModerationScript = (text, response) => {
  if (text.includes(MODERATED_WORDS.failed)) response.writeHead(500).end()
  return text.includes(MODERATED_WORDS.flagged) ? ['harassment'] : []
}

/** Between two words, in milliseconds. */
const WORD_MS = 4

/**
 * What a mock model says to which text, decided from another process: `POST /script` tells it, `GET /calls` says what it
 * was asked. It says each word by itself.
 */
export function createReplies(): Required<Pick<MockModelOptions, 'script' | 'answerWhole' | 'moderation' | 'control'>> {
  const replies = new Map<string, Reply>()
  const calls: AnsweredCall[] = []
  // Each answer that is held listens.
  const changes = new EventEmitter().setMaxListeners(0)

  const control: Control = async (request, response, { pathname, searchParams }) => {
    if (pathname === '/script') {
      for (const [text, reply] of (await json(request)) as [string, Reply][]) replies.set(text, reply)
      changes.emit('change')
      response.end()
    } else if (pathname === '/calls')
      response.end(JSON.stringify(calls.filter(({ text }) => text === searchParams.get('text'))))
    else return false
    return true
  }

  const answerWhole: WholeScript = (_, answer) => {
    if (answer.wantsSummary) return answer.sendWhole(JSON.stringify({ summary: SUMMARY }))
    const { title = DEFAULT.title, followUps = DEFAULT.followUps } = replies.get(answer.question) ?? {}
    answer.sendWhole(JSON.stringify({ title, followUps }))
  }

  const script: Script = async (say, response, answer) => {
    const { question: text, key, said } = answer
    const history = said.slice(
      0,
      said.findLastIndex(({ role }) => role === 'user'),
    )
    const call: AnsweredCall = { text, key, history, state: 'running' }
    calls.push(call)
    response.once('close', () => (call.state = response.writableFinished ? 'finished' : 'dropped'))
    const closed = new Promise<void>((resolve) => response.once('close', resolve))
    const reply = replies.get(text) ?? {}
    const { status, reasoning = [], sources = [], more, incomplete } = reply
    if (status) {
      const error = { message: `Scripted ${status}`, type: 'scripted', code: null }
      return answer.sendError(status, error, { 'retry-after-ms': '1' })
    }
    if (said.length > (reply.reads ?? Infinity))
      return answer.sendError(400, {
        message: 'Your input exceeds the context window.',
        code: 'context_length_exceeded',
      })
    answer.begin()
    for (const [index, thought] of reasoning.entries()) answer.think(thought, index)
    const called = reply.calls?.[answer.round]
    if (called) {
      answer.call(...called)
      return answer.end()
    }
    for (const type of reply.hosted ?? []) answer.callHosted(type)
    const now = (): Reply => replies.get(text) ?? reply
    const left = [...sources.entries()]
    /** Cites what is for the first so many characters; all that is left, at the end. */
    function cite(length: number): void {
      for (const [index, source] of left.splice(0)) {
        const [start, end] = findPlace(reply.text ?? '', source.for)
        if (end > length || (end === 0 && length !== Infinity)) left.push([index, source])
        else answer.cite(index, toAnnotation(source, start, end))
      }
    }
    let length = 0
    for (const word of (reply.text ?? DEFAULT.text).match(/\s*\S+\s*/g) ?? []) {
      while (call.state === 'running' && length >= (now().holdAfter ?? Infinity))
        await Promise.race([once(changes, 'change'), closed])
      if (length >= (now().cutAfter ?? Infinity)) response.destroy()
      if (call.state !== 'running' || response.destroyed) return
      say(word)
      length += word.length
      cite(countOf((reply.text ?? DEFAULT.text).slice(0, length)))
      await delay(WORD_MS)
    }
    answer.endText()
    cite(Infinity)
    if (more) answer.sayMore(more)
    answer.end(incomplete)
  }

  return { script, answerWhole, moderation, control }
}

/** In characters of Unicode, as OpenAI counts. */
const countOf = (text: string): number => [...text].length

/** Where these words stand in a text; at its beginning, as providers say that know no place, where there are none. */
function findPlace(text: string, words?: string): [start: number, end: number] {
  const at = words ? text.indexOf(words) : -1
  return at < 0 ? [0, 0] : [countOf(text.slice(0, at)), countOf(text.slice(0, at + words!.length))]
}

/** A citation as the Responses API has it. */
function toAnnotation(source: Cited, start: number, end: number): Record<string, unknown> {
  const place = { start_index: start, end_index: end }
  if ('url' in source) return { type: 'url_citation', ...place, url: source.url, title: source.title }
  const { filename, file_id, container_id, quote } = source
  return container_id
    ? { type: 'container_file_citation', ...place, filename, file_id, container_id }
    : { type: 'file_citation', index: end, filename, file_id, quote }
}
