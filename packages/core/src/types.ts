import type {
  Citation,
  CutReason,
  FileLimits,
  FilePart,
  FileType,
  GuidedQuestion,
  MessageAuthor,
  MessagePart,
  MessageStatus,
  Page,
  PageContext,
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
import type { AttachedFile, FileOfMessage, Files, UploadOptions } from './file_types.ts'
import type { Message, SendOptions, Thread, ThreadState, TurnState } from './thread_types.ts'
import type { Source, Turn, TurnEvent, TurnResult } from './turn_types.ts'
import type { VisitorExport } from './visitor_export.ts'

export type {
  Citation,
  CutReason,
  FileLimits,
  FilePart,
  FileType,
  GuidedQuestion,
  MessageAuthor,
  MessagePart,
  MessageStatus,
  Page,
  PageContext,
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
export type { AttachedFile, FileOfMessage, Files, UploadOptions }
export type { Source, Turn, TurnEvent, TurnResult }
export type { Message, SendOptions, Thread, ThreadState, TurnState }

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
      options: {
        method: 'GET' | 'POST' | 'DELETE'
        headers: Record<string, string>
        body?: string
        signal?: AbortSignal
      },
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
  /** What is attached to messages. */
  readonly files: Files
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
  /**
   * Says what the visitor is looking at: once this resolves, it goes with each message, is told to the model as data, and is
   * kept with the message. `null` takes it back, and it is forgotten with the visitor: when they sign out, say. Nothing is sent to an assistant whose owner has switched it off.
   *
   * @param context of at most 4 kB of JSON; a copy is made of it. Anybody who reads the page's source may read it anyway: no secrets
   * @param options `keepQuery`: whether the query and the fragment of its `url` are sent; otherwise they are left out
   * @throws LoaclError `options_invalid` where it is no object, or too large: then the one before stays
   *
   * @example
   * client.setContext({ title: document.title, url: location.href, sku: 'A-17' })
   */
  setContext(context: PageContext | null, options?: { keepQuery?: boolean | undefined }): Promise<void>
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
