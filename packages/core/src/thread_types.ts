import type { Message as StoredMessage, MessageStatus, PageContext, WaitingCall } from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { FileOfMessage } from './file_types.ts'
import type { Turn } from './turn_types.ts'
import type { Abortable, Readable } from './types.ts'

/** A message in the client's state: `sending` is a visitor's message that the server hasn't confirmed yet. */
export type Message = Omit<StoredMessage, 'status'> & {
  status: MessageStatus | 'sending'
  /** What this page said of itself with a message that was sent here: `setContext`. */
  context?: PageContext | null | undefined
}

export type TurnState =
  | { readonly status: 'idle' }
  /** `sending` until the server has the message, `reconnecting` while a lost connection is being restored. */
  | { readonly status: 'sending' | 'streaming' | 'reconnecting'; readonly turn: Turn }
  /**
   * Its turn waits with no connection for what `calls` lists: for the visitor's `approve` or `deny`, or for a page to run a
   * tool. `resume` fetches it again, `send` and `stop` end it.
   */
  | { readonly status: 'waiting'; readonly calls: readonly WaitingCall[] }
  /** `thread.retry()` tries again. */
  | { readonly status: 'failed'; readonly error: LoaclError }

export interface ThreadState {
  /** Made here until the first message is stored, the server's from then on. */
  readonly id: string
  readonly title: string | null
  /**
   * Oldest first. `clientId ?? id` is a stable key: `id` of a message that is being sent is its client id, and becomes
   * the server's.
   */
  readonly messages: readonly Message[]
  /** Whether `loadOlder` would find more. */
  readonly hasOlder: boolean
  /** `idle` as soon as the answer is stored: follow-ups and a title may come after. */
  readonly turn: TurnState
}

export interface SendOptions extends Abortable {
  /**
   * The message's client id, 1 to 128 visible ASCII characters. Sending the same id and text again is the same turn.
   * Default: 22 random ones.
   */
  id?: string | undefined
}

/** While somebody is subscribed, a page keeps it in step with the visitor's other tabs and devices. */
export interface Thread extends Readable<ThreadState> {
  /** Loads the newest 50 messages, afresh. Nothing to do for a thread without a message. */
  load(options?: Abortable): Promise<void>
  /** Puts the 50 messages before the oldest known one in front. Does nothing without `hasOlder`. */
  loadOlder(options?: Abortable): Promise<void>
  /**
   * Shows the message at once, sends it and streams the answer. While a turn is running it changes nothing and gives a
   * turn that has failed with `turn_in_progress`: keep the text.
   *
   * @param input `suggestionId`: the follow-up suggestion that was picked; it is marked as used. `files`: what
   * `client.files.upload` gave, each sent once, in this order; with them the text may be empty. More than the assistant takes
   * fail with `too_many_files`.
   *
   * @example
   * for await (const event of thread.send('Where is my parcel?')) {
   *   if (event.type === 'text') process.stdout.write(event.delta)
   * }
   */
  send(
    input: string | { text: string; suggestionId?: string | undefined; files?: readonly FileOfMessage[] | undefined },
    options?: SendOptions,
  ): Turn
  /**
   * Tries again to get an answer to the visitor's last message: sends it if the server never got it, fetches the same
   * turn again if only the connection failed, asks the model anew if the turn failed, was stopped or was cut.
   * Where editing, regenerating or continuing failed, it does that again.
   * Fails with `message_not_found` where there is none, and with `already_answered` where its answer is complete.
   */
  retry(options?: Abortable): Turn
  /**
   * Another answer to the question that this one answers, beside it: its sibling, which is shown from then on.
   * Fails with `message_not_found` where it is no answer of the assistant's that is shown.
   *
   * @param messageId the answer's `id`
   */
  regenerate(messageId: string, options?: Abortable): Turn
  /**
   * Puts another text in place of a message of the visitor's: a sibling of that message, with an answer of its own. What
   * followed the old one stays with it. Fails with `message_not_found` where it is no such message that is shown.
   *
   * @param messageId its `id` or `clientId`
   * @param input `files`: those of the message that stay, and what was uploaded since. Left out, the message keeps its own; `[]`
   * takes them off
   */
  edit(
    messageId: string,
    input: string | { text: string; files?: readonly FileOfMessage[] | undefined },
    options?: Abortable,
  ): Turn
  /**
   * Goes on with the last answer where it was cut or stopped, or broke off: the same message grows. Its events tell the answer
   * from the beginning. Fails with `answer_not_cut` where there is nothing to go on with.
   *
   * @param messageId the answer's `id`
   */
  continue(messageId: string, options?: Abortable): Turn
  /**
   * Shows the branch of one of a message's `siblings`, down to its newest message, on all the visitor's devices, until they
   * choose another or write.
   *
   * @throws LoaclError `message_not_found`, `thread_not_found`, `turn_in_progress`
   */
  select(messageId: string, options?: Abortable): Promise<void>
  /** The turn that runs or waits in this thread, here or (after `load`) begun elsewhere; `null` where none does. */
  resume(options?: Abortable): Turn | null
  /** Ends the turn that runs or waits, if there is one. */
  stop(): void
  /**
   * Lets a call run that the turn waits for and `turn.calls` has as `pending`: once, with the arguments that are shown. When
   * every call of its step is answered, the turn goes on, and the thread follows it.
   *
   * @param callId the part's `toolCallId`
   * @throws LoaclError `execution_not_found`, `execution_decided` where another tab has denied it, `approval_expired`
   */
  approve(callId: string, options?: Abortable): Promise<void>
  /** The same with a no. @param reason for the model */
  deny(callId: string, reason?: string, options?: Abortable): Promise<void>
  /** @throws LoaclError `thread_not_found` before the first message */
  rename(title: string, options?: Abortable): Promise<void>
  /** Takes it off the list of active threads. @throws LoaclError `thread_not_found` before the first message */
  archive(options?: Abortable): Promise<void>
  /** For seven days `restore` undoes it. @throws LoaclError `thread_not_found` */
  delete(options?: Abortable): Promise<void>
  /** @throws LoaclError `thread_not_found` more than seven days after it was deleted */
  restore(options?: Abortable): Promise<void>
  /**
   * What the visitor thinks of an answer; `null` takes it back.
   *
   * @param messageId the answer's `id`
   * @throws LoaclError `message_not_found`, `invalid_body` for a comment of more than 2000 characters
   */
  feedback(messageId: string, value: 'up' | 'down' | null, comment?: string, options?: Abortable): Promise<void>
}
