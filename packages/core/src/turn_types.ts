import type { SourcePart, Suggestion, ToolStreamPart, Usage } from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { Message } from './types.ts'

/**
 * One message and its answer. Starts at once, iterated or not; each iterator replays from the start and ends after the
 * `end` event.
 *
 * `stop()` and an aborted signal end the turn on the server. Leaving the loop, `dispose()` and navigation only detach:
 * the turn goes on and can be resumed.
 */
export interface Turn extends AsyncIterable<TurnEvent> {
  /** Known here from the start; not the server's id of the turn. */
  readonly id: string
  /** Never rejects. */
  readonly done: Promise<TurnResult>
  /** The whole answer. @throws LoaclError where the turn failed */
  text(): Promise<string>
  stop(): void
}

export type Source = SourcePart

export type TurnEvent =
  | { type: 'text' | 'reasoning'; messageId: string; delta: string }
  /** Comes again, with all of its citations, where it is cited again. */
  | { type: 'source'; messageId: string; source: Source }
  /** A call of a tool has begun, or something has come of it. */
  | { type: 'tool'; messageId: string; tool: ToolStreamPart }
  | { type: 'follow-ups'; messageId: string; suggestions: readonly Suggestion[] }
  | { type: 'title'; title: string }
  /** `attempt` counts from 1, and anew after each part that came. */
  | { type: 'reconnecting'; attempt: number }
  /** The last one, exactly once. */
  | { type: 'end'; result: TurnResult }

export type TurnResult =
  /** `cut`: see `message.cutReason`. `usage` in tokens. */
  | { status: 'completed' | 'stopped' | 'cut' | 'waiting'; message: Message; usage?: Usage }
  /** `message`: what had come of the answer. */
  | { status: 'failed'; error: LoaclError; message?: Message }
