import type {
  Citation,
  CutReason,
  GuidedQuestion,
  Message as StoredMessage,
  MessageAuthor,
  MessagePart,
  MessageStatus,
  Page,
  PublicAssistant,
  Suggestion,
  ThreadSummary,
  ToolError,
  ToolKind,
  ToolMetadata,
  ToolPart,
  ToolStreamPart,
  Usage,
  Visitor,
  WaitingCall,
} from '@loacl/wire'
import type { LoaclError } from './errors.ts'
import type { Source, Turn, TurnEvent, TurnResult } from './turn_types.ts'
import type { VisitorExport } from './visitor_export.ts'

export type {
  Citation,
  CutReason,
  GuidedQuestion,
  MessageAuthor,
  MessagePart,
  MessageStatus,
  Page,
  PublicAssistant,
  Suggestion,
  ThreadSummary,
  ToolError,
  ToolKind,
  ToolMetadata,
  ToolPart,
  ToolStreamPart,
  Usage,
  Visitor,
  WaitingCall,
}
export type { Source, Turn, TurnEvent, TurnResult }

/**
 * A value that changes, ready for React's `useSyncExternalStore` and its like. Snapshots are immutable; the same state
 * is the same object. Both functions may be passed on unbound.
 */
export interface Readable<S> {
  readonly getSnapshot: () => S
  /** Calls `listener` after each change. Returns what takes it away again. */
  readonly subscribe: (listener: () => void) => () => void
}

export interface Abortable {
  signal?: AbortSignal | undefined
}

/** What is used of a browser's `Storage`. */
export interface TokenStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** What is used of a supabase-js client (version 2): requests go through it, with its headers and its user's session. */
export interface SupabaseLike {
  schema(name: never): { url: string; headers: Headers; fetch?: typeof fetch }
  readonly functions: {
    invoke(
      name: string,
      options: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: string; signal?: AbortSignal },
    ): Promise<{ data: unknown; error: unknown; response?: Response }>
  }
}

/**
 * Who the visitor is: an identity token that your site's server signed, or the access token of a user of the same
 * Supabase project.
 */
export type Credential = { identityToken: string } | { accessToken: string }

export type ClientOptions = {
  /** The assistant's id, a UUID. */
  assistant: string
  /** Where the session token is kept: `localStorage` by default, memory where that is missing or blocked. */
  storage?: TokenStorage | 'memory' | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  now?: (() => number) | undefined
  /**
   * Who the visitor is, for pages that know: asked at opening, and again whenever the session or the access token has
   * run out. `null`: a guest. Give a fresh token each time. Where it rejects, gives something else,
   * or takes longer than 30 seconds, opening fails with `credential_missing`, and the next try asks it again.
   *
   * @example
   * auth: async () => {
   *   const response = await fetch('/api/chat-identity', { method: 'POST' })
   *   return response.ok ? { identityToken: await response.text() } : null
   * }
   */
  auth?: (() => Promise<Credential | null>) | undefined
  /**
   * The browser's fingerprint, a signal against abuse: up to 128 letters, digits, `-` and `_`. Asked once, before the
   * first message to an assistant that wants one. A message waits for it no more than a second, and never fails by it.
   */
  fingerprint?: (() => Promise<string | null>) | undefined
} & (
  | {
      /** The project's URL: `https://<ref>.supabase.co`. */
      url: string
      /** The project's publishable key: `sb_publishable_…`. Never a secret key. */
      key: string
      /** Default: `globalThis.fetch`, looked up at each request. */
      fetch?: typeof fetch | undefined
    }
  | {
      /** Your page's own supabase-js client. */
      supabase: SupabaseLike
    }
)

export type ClientState =
  | { readonly status: 'idle' | 'opening' }
  | { readonly status: 'failed'; readonly error: LoaclError }
  | {
      readonly status: 'open'
      readonly assistant: PublicAssistant
      /** Offered before the first message. */
      readonly questions: readonly GuidedQuestion[]
      readonly visitor: Visitor
      /** The visitor's latest active threads, newest first. `threads.list` pages on. */
      readonly threads: readonly ThreadSummary[]
    }

export interface ListOptions extends Abortable {
  /** An earlier page's `nextCursor`. */
  cursor?: string | null | undefined
  search?: string | undefined
  archived?: boolean | undefined
}

/**
 * A tool of the page's. `signal` is aborted when nobody waits for its result any more: the visitor has stopped the answer,
 * written something else or signed out, the call's time is over, or the client was disposed of.
 */
export type ToolHandler = (
  args: Readonly<Record<string, unknown>>,
  context: { readonly signal: AbortSignal },
) => unknown

export interface LoaclClient extends Readable<ClientState> {
  /** The assistant's id. */
  readonly assistant: string
  /** The project's host, such as `abcdefghijkl.supabase.co`. */
  readonly project: string
  /**
   * Fetches what a chat needs to show itself, in one request. Idempotent: once open, or while opening, it asks nothing
   * anew; after a failure it tries again. Every other call opens first.
   *
   * @throws LoaclError `assistant_not_found`, `assistant_inactive`, `origin_not_allowed`, `key_rejected`, `network`,
   * `rate_limited`, `database_unavailable`, `response_malformed`, `credential_missing`, `aborted`, `disposed`
   */
  open(options?: Abortable): Promise<void>
  readonly threads: {
    /** One page of the visitor's threads, newest first. */
    list(options?: ListOptions): Promise<Page<ThreadSummary>>
    /** The thread with this id, nothing of it loaded yet. The same id gives the same object. */
    get(id: string): Thread
    /**
     * A new thread. It has an id of its own making, and no row in the database, until the first message.
     *
     * @param options `id`: yours, of 1 to 128 visible ASCII characters, in place of a random one. The visitor's first
     * message begins a thread under it, or goes to the one that was begun under it before.
     */
    create(options?: { id?: string | undefined }): Thread
  }
  /**
   * Says who the visitor is, and opens. What they wrote as a guest becomes theirs, and what they wrote on other devices
   * appears. Where another person used this device before, they are signed out first.
   *
   * @throws LoaclError `credential_missing`, `identity_token_invalid`, `identity_token_expired`, `identity_unavailable`,
   * `identity_secret_unusable`, `access_token_invalid`, and those of `open`: the visitor stays who they were. `aborted`:
   * before the request had left, nothing has happened; afterwards the client becomes whom the server has accepted
   * @example
   * await client.identify({ identityToken: await (await fetch('/api/chat-identity', { method: 'POST' })).text() })
   */
  identify(credential: Credential, options?: Abortable): Promise<void>
  /**
   * Forgets the visitor: nothing of theirs is left on this device, the token it had is worth nothing any more, and the
   * next call is a new guest's. What was written stays with the site, and running turns go on there, out of sight.
   *
   * @throws LoaclError `network` and the like: this device has forgotten, and the server has not been told. `aborted`:
   * nothing has happened where the signal was aborted before the call; afterwards only the waiting has ended
   */
  signOut(options?: Abortable): Promise<void>
  /** What is kept of the visitor and is theirs to have, on all their devices. */
  exportData(options?: Abortable): Promise<VisitorExport>
  /**
   * Erases everything that is kept of the visitor, on all their devices, for good. The next call is a new guest's.
   *
   * @throws LoaclError `aborted`: before the request had left, nothing has happened; afterwards the client forgets what the
   * server has erased
   */
  eraseData(options?: Abortable): Promise<void>
  /**
   * Runs the calls of a tool of the page's that the site's owner has declared under this name. One tab runs a call: that in
   * which the visitor asked, at once, or after a second another one that has registered it. What `run` gives, as JSON, is
   * told to the model; what it throws is told in its words. Calls that wait already are run as well.
   *
   * @param run `args` fit the schema that the owner declared. They are the model's: treat them as the visitor's own input
   * @returns what takes it away again; a call that runs goes on
   *
   * @example
   * client.registerTool('add_to_cart', async ({ sku }, { signal }) => {
   *   const response = await fetch(`/cart/${encodeURIComponent(String(sku))}`, { method: 'POST', signal })
   *   if (!response.ok) throw new Error('The cart could not be reached.')
   *   return await response.json()
   * })
   */
  registerTool(name: string, run: ToolHandler): () => void
  /** Aborts and forgets everything here. Running turns go on at the server. Calls after it fail with `disposed`. */
  dispose(): void
}

/** A message in the client's state: `sending` is a visitor's message that the server hasn't confirmed yet. */
export type Message = Omit<StoredMessage, 'status'> & { status: MessageStatus | 'sending' }

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
   * @param input `suggestionId`: the follow-up suggestion that was picked; it is marked as used.
   *
   * @example
   * for await (const event of thread.send('Where is my parcel?')) {
   *   if (event.type === 'text') process.stdout.write(event.delta)
   * }
   */
  send(input: string | { text: string; suggestionId?: string | undefined }, options?: SendOptions): Turn
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
   */
  edit(messageId: string, text: string, options?: Abortable): Turn
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
