import { setTimeout as delay } from 'node:timers/promises'
import { answerAsUsual, isClosed, speak, untilClosed, type Script } from '../world/model.ts'
import { DEADLINE_MS } from '../world/limits.ts'
import type { Fault } from './fault.ts'

/** Answers with an HTTP status. */
export const refuse =
  (status: number, headers: Record<string, string> = {}): Script =>
  ({ call, answer }) => {
    call.refused = true
    answer.sendError(status, { message: 'Not now.', type: 'scripted', code: null }, headers)
  }

/** Says the beginning of an answer, which then has reached its longest length. */
export const cutShort: Script = async (speaking) => {
  await speak(speaking, 6)
  speaking.answer.endText()
  speaking.answer.end('max_output_tokens')
  speaking.call.toldUsage = true
}

const begin = (name: string, codes: Fault['codes'], script: Script): Fault => ({
  name,
  codes,
  script,
  points: ['model-called'],
})

/** The model's own failures. */
export const MODEL_FAULTS: readonly Fault[] = [
  begin('model-error', ['model_unavailable'], refuse(500)),
  begin('model-busy', ['model_rate_limited'], refuse(429, { 'retry-after': '1' })),
  // Without a conversation that could be told less of, it is an error.
  begin('model-too-long', ['model_input_too_long'], ({ call, answer }) => {
    call.refused = true
    answer.sendError(400, { message: 'Your input exceeds the context window.', code: 'context_length_exceeded' })
  }),
  begin('model-malformed', ['model_stream_broken'], async (speaking) => {
    await speak(speaking, 3)
    speaking.response.end('event: response.output_text.delta\ndata: {"type":"response.output_\n\n')
  }),
  begin('model-cut', ['model_stream_broken'], async (speaking) => {
    await speak(speaking, 4)
    speaking.say('lan')
    speaking.response.destroy()
  }),
  begin('model-silent', [], ({ response }) => untilClosed(response, DEADLINE_MS * 2)),
  begin('model-slow', [], async (speaking) => {
    await delay(3_000)
    await answerAsUsual(speaking)
  }),
  begin('model-endless', [], async (speaking) => {
    for (let piece = 0; !isClosed(speaking); piece++) {
      speaking.say(`and ${piece} of ${speaking.call.tokens} `)
      await delay(50)
    }
  }),
]
