import { type ErrorCode, type Message, type MessagePart, streamOfMessage, type StreamPart } from '@loacl/wire'
import type { Source } from '../types.ts'
import { Refusal } from './refusal.ts'
import { messageOf } from './stored_thread.ts'
import type { ToolCall } from './test_call.ts'
import type { Ending, TestTurn } from './test_turn_types.ts'

/** An answer, whole. */
export interface Reply extends Ending {
  /** Streamed word by word. Markdown. */
  text?: string | undefined
  /** In place of `text`: reasoning, texts and sources, in their order. */
  parts?: readonly MessagePart[] | undefined
}

/**
 * An answer that comes as the test says: piece by piece, without a timer. What is said before the visitor's message has
 * come is sent as soon as it comes. What is said after the visitor has stopped the answer goes nowhere.
 */
export interface StreamedAnswer {
  /** The visitor's message, once it has come. */
  readonly question: Promise<Message>
  say(text: string): StreamedAnswer
  /** Reasoning. */
  think(text: string): StreamedAnswer
  cite(source: Source): StreamedAnswer
  /**
   * The model calls tools. Those of a server have run at once; for those that ask first, and for the page's, the answer waits,
   * and what is said next comes when all of them are answered.
   */
  call(...calls: readonly ToolCall[]): StreamedAnswer
  /** Closes the connections that read the answer. The client comes back for the rest. */
  disconnect(): StreamedAnswer
  end(ending?: Ending): void
  /** Ends it as failed. What it has said stays, unless moderation refuses it: `output_flagged`, `moderation_unavailable`. */
  fail(code: ErrorCode, details?: FailureDetails): void
}

export interface FailureDetails {
  /** For developers, in English. */
  message?: string | undefined
  /** Until the same may succeed. */
  retryAfterMs?: number | undefined
}

export interface ScriptedAnswer extends StreamedAnswer {
  add(...parts: StreamPart[]): ScriptedAnswer
  begin(turn: TestTurn): void
}

export function createScriptedAnswer(): ScriptedAnswer {
  const steps: ((turn: TestTurn) => void)[] = []
  let turn: TestTurn | null = null
  let isOver = false
  let tell!: (question: Message) => void

  function then(step: (turn: TestTurn) => void): ScriptedAnswer {
    if (isOver) throw new Error('This answer has ended: nothing can follow.')
    steps.push(step)
    goOn()
    return answer
  }

  function goOn(): void {
    for (;;) {
      const step = turn && turn.state !== 'waiting' ? steps.shift() : undefined
      if (!step) return
      step(turn!)
    }
  }

  function finish(step: (turn: TestTurn) => void): void {
    then(step)
    isOver = true
  }

  const answer: ScriptedAnswer = {
    question: new Promise((resolve) => (tell = resolve)),
    say: (text) => then((begun) => begun.grow('text', text)),
    think: (text) => then((begun) => begun.grow('reasoning', text)),
    call: (...calls) => then((begun) => begun.call(calls)),
    cite: (source) => answer.add(source),
    add: (...parts) => then((begun) => begun.add(...parts)),
    disconnect: () => then((begun) => begun.disconnect()),
    end: (ending = {}) => finish((begun) => begun.end({ ...ending, state: ending.cutReason ? 'cut' : 'completed' })),
    fail: (code, { message, retryAfterMs } = {}) =>
      finish((begun) => begun.end({ state: 'failed', refusal: new Refusal(code, message, retryAfterMs) })),
    begin(begun) {
      turn = begun
      tell(messageOf(begun.question))
      begun.onResume = goOn
      goOn()
    },
  }
  return answer
}

/** An answer of which everything is known. */
export function toAnswer(reply: string | Reply): ScriptedAnswer {
  const { text, parts, ...ending }: Reply = typeof reply === 'string' ? { text: reply } : reply
  const answer = createScriptedAnswer()
  if (parts) answer.add(...streamOfMessage(parts))
  else for (const word of text?.match(/\s*\S+\s*/g) ?? []) answer.say(word)
  answer.end(ending)
  return answer
}
