import { startMockModel, type MockModel } from '@loacl/mock-model'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { createModerator, FLAGGED_WORD, toFollowUp, type Checked } from './moderator.ts'
import type { Trace, Traces } from './trace.ts'

type Answer = Parameters<MockModel['script']>[2]

/** One call of the model, as the model remembers it. */
export interface Call {
  trace: Trace
  purpose: 'answer' | 'follow_ups' | 'summary'
  /** Its output tokens: no other call has this number. */
  tokens: number
  /** What it means to say. */
  text: string
  said: string
  /** Whether it has told what it used. */
  toldUsage: boolean
  /** Answered with an HTTP status instead, which nobody charges for. */
  refused: boolean
  /** Words that moderation flags, in this answer or title alone. */
  mark: string | null
  /** Whether it was told of something that moderation flags. */
  heardFlagged: boolean
  /** Files of its message that it was not told. */
  untold: readonly string[]
}

export interface Speaking {
  call: Call
  answer: Answer
  response: ServerResponse
  say(piece: string): void
}
/** What the model does in place of answering. */
export type Script = (speaking: Speaking) => Promise<void> | void

export interface Model {
  url: string
  calls: readonly Call[]
  /** What was moderated. */
  checked: readonly Checked[]
  stop(): void
}

/** Names that visitors give. */
const FILE = /v\d+-[0-9a-f]{8}\.\d+\.(?:txt|png)/g
const VISITOR = /v\d+-[0-9a-f]{8}/g
const PIECE_MS = 40
/** More characters than this are said in larger pieces. */
const LONG = 500
const WORDS = 'The lamp stands by the quay, its light turns once a minute, and nobody has to wind it 💡 at night.'
/** Longest wait in the middle of an answer, for whoever is to stop it. */
const MOST_WAITED_MS = 12_000

export const isClosed = ({ response }: Speaking): boolean => response.destroyed || response.writableEnded

/** Says the whole answer, piece by piece, then what it used. */
export async function speak(speaking: Speaking, pieces = Infinity): Promise<void> {
  const { call, say, response, answer } = speaking
  const words = call.text.match(call.text.length > LONG ? /.{1,40}/gu : /\s*\S{1,8}/gu) ?? []
  for (const [index, word] of words.entries()) {
    if (isClosed(speaking) || index >= pieces) return
    say(word)
    if (index === 0) await call.trace.reach('model-spoke')
    if (index === 5 && call.trace.waits) await untilClosed(response, MOST_WAITED_MS)
    await delay(PIECE_MS)
    await call.trace.held
  }
  await call.trace.reach('model-ended')
  if (isClosed(speaking)) return
  answer.endText()
  answer.end()
  call.toldUsage = true
}

/** Calls the tools of its trace, and says nothing yet. */
const callTools: Script = async (speaking) => {
  const { call, answer } = speaking
  await call.trace.reach('model-ended')
  if (isClosed(speaking)) return
  answer.call(...call.trace.tools.map((name) => ({ name, arguments: { question: call.trace.text } })))
  answer.end()
  call.toldUsage = true
}

/** What the model does where nothing is scripted: it calls the tools of its trace first, then it answers. */
export const answerAsUsual: Script = (speaking) =>
  speaking.call.trace.tools.length > 0 && speaking.answer.round === 0 ? callTools(speaking) : speak(speaking)

export function untilClosed(response: ServerResponse, most: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, most)
    response.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

const isAnswerFlagged = ({ flagged }: Trace): boolean => flagged === 'answer' || flagged === 'beginning'

/** An answer that is flagged at its beginning is checked before its end: it is long. */
function toAnswer({ text, flagged }: Trace, tokens: number, mark: string | null): string {
  const answer = `Answer ${tokens} to "${text}" ${WORDS}`
  if (!mark) return answer
  return flagged === 'beginning' ? `${mark} ${answer}${` ${WORDS}`.repeat(16)}` : `${answer} ${mark}`
}

/** The model provider at the network's edge: it answers each question once by the script of its trace, else as it should. */
export async function startModel(traces: Traces): Promise<Model> {
  const calls: Call[] = []
  const { checked, script: moderation } = createModerator(traces, calls)

  function receive(answer: Answer, purpose: Call['purpose']): Call {
    const heard = JSON.stringify(answer.request)
    // A message without words is known by its file, and what is summarized by its visitor, whose latest turn it is.
    const said = [answer.question, heard.match(FILE)?.at(-1), heard.match(VISITOR)?.at(-1)]
    const trace = said.map((text) => traces.findLatest({ text })).find((found) => found !== undefined)
    if (!trace) throw new Error(`The model was asked what nobody has asked: ${answer.question}`)
    const tokens = calls.length + 1
    const isMarked = purpose === 'answer' ? isAnswerFlagged(trace) : trace.flagged === 'title'
    const mark = isMarked ? `${FLAGGED_WORD} ${tokens}.` : null
    const text = purpose === 'answer' ? toAnswer(trace, tokens, mark) : ''
    const heardFlagged = heard.includes(FLAGGED_WORD)
    // Follow-ups are made of what was written alone.
    const sent = purpose === 'answer' ? trace.files : []
    const untold = sent.filter(({ told }) => !heard.includes(told)).map(({ name }) => name)
    const call = {
      trace,
      purpose,
      tokens,
      text,
      said: '',
      toldUsage: false,
      refused: false,
      mark,
      heardFlagged,
      untold,
    }
    calls.push(call)
    answer.usage = { input_tokens: 1_000 + tokens, output_tokens: tokens }
    return call
  }

  async function summarize(response: ServerResponse, answer: Answer): Promise<void> {
    const call = receive(answer, 'summary')
    await call.trace.reach('summary-called')
    if (response.destroyed) return
    call.said = `Summary ${call.tokens} of what was said.`
    answer.sendWhole(JSON.stringify({ summary: call.said }))
    call.toldUsage = true
  }

  const model = await startMockModel({
    moderation,
    async script(say, response, answer) {
      const call = receive(answer, 'answer')
      const { trace } = call
      const script = trace.script ?? answerAsUsual
      trace.script = null
      await trace.reach('model-called')
      await script({
        call,
        answer,
        response,
        say(piece) {
          call.said += piece
          say(piece)
        },
      })
      // What the script left open was left open by intent.
      if (!response.writableEnded) response.destroy()
    },
    async answerWhole(response, answer) {
      if (JSON.stringify(answer.request).includes('conversation_summary')) return summarize(response, answer)
      const call = receive(answer, 'follow_ups')
      await call.trace.reach('follow-ups-called')
      if (response.destroyed) return
      const title = `About ${call.mark ?? ''}${call.trace.text}`.slice(0, 80)
      call.said = title
      answer.sendWhole(JSON.stringify({ title, followUps: [toFollowUp(call.trace)] }))
      call.toldUsage = true
    },
  })
  return { url: model.url, calls, checked, stop: () => model.stop() }
}
