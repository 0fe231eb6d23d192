// Checked by the compiler alone: what developers have written against this package must go on compiling.
import { createClient as createSupabase } from '@supabase/supabase-js'
import { expectTypeOf } from 'vitest'
import {
  createClient,
  LoaclError,
  type AttachedFile,
  type ClientOptions,
  type ClientState,
  type Credential,
  type ErrorCode,
  type FileOfMessage,
  type LoaclClient,
  type Message,
  type Page,
  type PageContext,
  type Readable,
  type Source,
  type Suggestion,
  type Thread,
  type ThreadState,
  type ThreadSummary,
  type ToolStreamPart,
  type Turn,
  type TurnEvent,
  type TurnResult,
  type TurnState,
  type Usage,
  type VisitorExport,
} from '../src/index.ts'

const assistant = '0b0f7d0c-5a2e-4f0e-9a51-3f6c2f1f8f11'
declare const localStorage: Storage

// Options: a key, or a client of the host's, never both by halves.
expectTypeOf(createClient).toEqualTypeOf<(options: ClientOptions) => LoaclClient>()
createClient({ url: '', key: '', assistant, storage: localStorage, fetch, now: Date.now })
createClient({ url: '', key: '', assistant, storage: 'memory' })
createClient({ supabase: createSupabase('', ''), assistant })
interface Database {
  public: {
    Tables: { shoes: { Row: { id: number }; Insert: { id: number }; Update: { id?: number }; Relationships: [] } }
    Views: Record<never, never>
    Functions: Record<never, never>
  }
}
createClient({ supabase: createSupabase<Database>('', ''), assistant })
// @ts-expect-error an assistant is needed
createClient({ url: '', key: '' })
// @ts-expect-error a URL needs its key
createClient({ url: '', assistant })
// @ts-expect-error not a supabase-js client
createClient({ supabase: {}, assistant })

// The client.
expectTypeOf<LoaclClient>().toExtend<Readable<ClientState>>()
expectTypeOf<LoaclClient['open']>().toEqualTypeOf<(options?: { signal?: AbortSignal | undefined }) => Promise<void>>()
expectTypeOf<LoaclClient['threads']['get']>().toEqualTypeOf<(id: string) => Thread>()
expectTypeOf<LoaclClient['threads']['create']>().toEqualTypeOf<(options?: { id?: string | undefined }) => Thread>()
expectTypeOf<LoaclClient['threads']['list']>().returns.toEqualTypeOf<Promise<Page<ThreadSummary>>>()
expectTypeOf<Credential>().toEqualTypeOf<{ identityToken: string } | { accessToken: string }>()
expectTypeOf<LoaclClient['identify']>().toEqualTypeOf<
  (credential: Credential, options?: { signal?: AbortSignal | undefined }) => Promise<void>
>()
createClient({ url: '', key: '', assistant, auth: async () => null })
createClient({ url: '', key: '', assistant, auth: async () => ({ identityToken: '' }) })
// @ts-expect-error a credential is one of the two
createClient({ url: '', key: '', assistant, auth: async () => ({ userId: '' }) })
expectTypeOf<LoaclClient['exportData']>().returns.toEqualTypeOf<Promise<VisitorExport>>()
expectTypeOf<LoaclClient['eraseData']>().toEqualTypeOf<
  (options?: { signal?: AbortSignal | undefined }) => Promise<void>
>()
expectTypeOf<LoaclClient['signOut']>().toEqualTypeOf<
  (options?: { signal?: AbortSignal | undefined }) => Promise<void>
>()
expectTypeOf<LoaclClient['setContext']>().toEqualTypeOf<
  (context: PageContext | null, options?: { keepQuery?: boolean | undefined }) => Promise<void>
>()
expectTypeOf<LoaclClient['dispose']>().toEqualTypeOf<() => void>()
expectTypeOf<keyof LoaclClient>().toEqualTypeOf<
  | 'assistant'
  | 'project'
  | 'getSnapshot'
  | 'subscribe'
  | 'open'
  | 'threads'
  | 'identify'
  | 'signOut'
  | 'setContext'
  | 'files'
  | 'exportData'
  | 'eraseData'
  | 'registerTool'
  | 'dispose'
>()
expectTypeOf<ClientState['status']>().toEqualTypeOf<'idle' | 'opening' | 'failed' | 'open'>()
expectTypeOf<Extract<ClientState, { status: 'open' }>['threads']>().toEqualTypeOf<readonly ThreadSummary[]>()

// What a page may or may not have, and a page's cursor, are passed on as they are.
declare const given: { [Name in 'auth' | 'fetch' | 'fingerprint' | 'now' | 'storage']: undefined }
createClient({ url: '', key: '', assistant, ...given })
declare const client: LoaclClient
declare const threadsPage: Page<ThreadSummary>
void client.threads.list({ cursor: threadsPage.nextCursor, search: undefined, archived: undefined, signal: undefined })
client.threads.create().send({ text: '', suggestionId: undefined }, { id: undefined, signal: undefined })

// A thread.
expectTypeOf<Thread>().toExtend<Readable<ThreadState>>()
expectTypeOf<keyof Thread>().toEqualTypeOf<
  | 'getSnapshot'
  | 'subscribe'
  | 'load'
  | 'loadOlder'
  | 'send'
  | 'retry'
  | 'edit'
  | 'regenerate'
  | 'continue'
  | 'select'
  | 'resume'
  | 'stop'
  | 'rename'
  | 'archive'
  | 'delete'
  | 'restore'
  | 'feedback'
  | 'approve'
  | 'deny'
>()
expectTypeOf<Parameters<Thread['send']>[0]>().toEqualTypeOf<
  string | { text: string; suggestionId?: string | undefined; files?: readonly FileOfMessage[] | undefined }
>()
expectTypeOf<Parameters<Thread['edit']>[1]>().toEqualTypeOf<
  string | { text: string; files?: readonly FileOfMessage[] | undefined }
>()
expectTypeOf<AttachedFile>().toExtend<FileOfMessage>()
expectTypeOf<Thread['send']>().returns.toEqualTypeOf<Turn>()
expectTypeOf<Thread['retry']>().returns.toEqualTypeOf<Turn>()
expectTypeOf<Thread['regenerate']>().returns.toEqualTypeOf<Turn>()
expectTypeOf<Thread['edit']>().returns.toEqualTypeOf<Turn>()
expectTypeOf<Thread['continue']>().returns.toEqualTypeOf<Turn>()
expectTypeOf<Thread['select']>().returns.toEqualTypeOf<Promise<void>>()
expectTypeOf<Thread['resume']>().returns.toEqualTypeOf<Turn | null>()
expectTypeOf<ThreadState>().toEqualTypeOf<{
  readonly id: string
  readonly title: string | null
  readonly messages: readonly Message[]
  readonly hasOlder: boolean
  readonly turn: TurnState
}>()
expectTypeOf<TurnState['status']>().toEqualTypeOf<
  'idle' | 'sending' | 'streaming' | 'reconnecting' | 'waiting' | 'failed'
>()
expectTypeOf<Message['status']>().toEqualTypeOf<
  'sending' | 'streaming' | 'waiting' | 'completed' | 'stopped' | 'cut' | 'failed'
>()
// A snapshot can't be written to.
expectTypeOf<ThreadState['messages']>().not.toExtend<Message[]>()

// A turn.
expectTypeOf<Turn>().toExtend<AsyncIterable<TurnEvent>>()
expectTypeOf<Turn['done']>().toEqualTypeOf<Promise<TurnResult>>()
expectTypeOf<Turn['text']>().returns.toEqualTypeOf<Promise<string>>()
expectTypeOf<Turn['stop']>().toEqualTypeOf<() => void>()
expectTypeOf<TurnEvent>().toEqualTypeOf<
  | { type: 'text' | 'reasoning'; messageId: string; delta: string }
  | { type: 'source'; messageId: string; source: Source }
  | { type: 'tool'; messageId: string; tool: ToolStreamPart }
  | { type: 'follow-ups'; messageId: string; suggestions: readonly Suggestion[] }
  | { type: 'title'; title: string }
  | { type: 'reconnecting'; attempt: number }
  | { type: 'end'; result: TurnResult }
>()
expectTypeOf<TurnResult>().toEqualTypeOf<
  | { status: 'completed' | 'stopped' | 'cut' | 'waiting'; message: Message; usage?: Usage }
  | { status: 'failed'; error: LoaclError; message?: Message }
>()

// Errors.
declare const caught: unknown
if (LoaclError.is(caught)) {
  expectTypeOf(caught.code).toEqualTypeOf<ErrorCode>()
  expectTypeOf(caught.status).toEqualTypeOf<number | undefined>()
  expectTypeOf(caught.retryAfterMs).toEqualTypeOf<number | undefined>()
  expectTypeOf(caught.requestId).toEqualTypeOf<string | undefined>()
}
expectTypeOf<'rate_limited'>().toExtend<ErrorCode>()
expectTypeOf<'oops'>().not.toExtend<ErrorCode>()
