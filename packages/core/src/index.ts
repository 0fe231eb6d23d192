export { createClient } from './client.ts'
export { LoaclError, type ErrorDetails } from './errors.ts'
export { remedyOf, type ErrorCode, type Remedy } from '@loacl/wire'
export type {
  Abortable,
  ClientOptions,
  ClientState,
  Credential,
  CutReason,
  GuidedQuestion,
  ListOptions,
  LoaclClient,
  Message,
  MessagePart,
  MessageStatus,
  Page,
  PublicAssistant,
  Readable,
  SendOptions,
  Source,
  Suggestion,
  SupabaseLike,
  Thread,
  ThreadState,
  ThreadSummary,
  TokenStorage,
  Turn,
  TurnEvent,
  TurnResult,
  TurnState,
  Usage,
  Visitor,
} from './types.ts'
export type { VisitorExport } from './visitor_export.ts'
