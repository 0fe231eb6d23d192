import { EventEmitter, once } from 'node:events'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Said } from './answer.ts'
import type { ModerationScript } from './moderations.ts'
import type { Control, MockModelOptions, Script, WholeScript } from './mock_model.ts'

/** A source that an answer cites. */
type Cited = { url: string; title?: string } | { filename: string }

/** What the model says to a visitor's text. */
export interface Reply {
  /** Summaries of its reasoning, sent before anything else. */
  reasoning?: string[]
  text?: string
  /** Cited after `text`. */
  sources?: Cited[]
  /** A second text, which follows the sources. */
  more?: string
  /** Answer with this HTTP status instead. */
  status?: number
  /** After so many characters of `text`, wait until the reply is scripted anew without it. */
  holdAfter?: number
  /** After so many characters of `text`, drop the connection. */
  cutAfter?: number
  /** End `text` as cut short, for this reason. */
  incomplete?: 'max_output_tokens' | 'content_filter'
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
    answer.begin()
    for (const [index, thought] of reasoning.entries()) {
      const at = { item_id: 'reasoning-1', output_index: 0, summary_index: index }
      answer.event('response.reasoning_summary_text.delta', { ...at, delta: thought })
      answer.event('response.reasoning_summary_text.done', { ...at, text: thought })
    }
    const now = (): Reply => replies.get(text) ?? reply
    let length = 0
    for (const word of (reply.text ?? DEFAULT.text).match(/\s*\S+\s*/g) ?? []) {
      while (call.state === 'running' && length >= (now().holdAfter ?? Infinity))
        await Promise.race([once(changes, 'change'), closed])
      if (length >= (now().cutAfter ?? Infinity)) response.destroy()
      if (call.state !== 'running' || response.destroyed) return
      say(word)
      length += word.length
      await delay(WORD_MS)
    }
    answer.endText()
    for (const [index, source] of sources.entries())
      answer.cite(index, {
        type: 'url' in source ? 'url_citation' : 'file_citation',
        start_index: 0,
        end_index: 1,
        ...source,
      })
    if (more) {
      const second = { item_id: 'msg_2', output_index: 1, content_index: 0 }
      answer.event('response.output_text.delta', { ...second, delta: more })
      answer.event('response.output_text.done', { ...second, text: more })
    }
    answer.end(incomplete)
  }

  return { script, answerWhole, moderation, control }
}
