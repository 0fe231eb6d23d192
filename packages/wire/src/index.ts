export type {
  AssistantModel,
  KeyRotation,
  Maintenance,
  McpSecretState,
  McpToolAcceptance,
  McpToolChange,
  McpToolDescription,
  McpToolReview,
  NewAssistantSecret,
  ProviderConfig,
  ProviderConfigList,
  ProviderKeyTest,
  ReasoningEffort,
  ReviewMcpToolsRequest,
  SavedMcpSecret,
  SavedProviderKey,
  SecretState,
  SetMcpSecretRequest,
  SetProviderKeyRequest,
  TestProviderKeyRequest,
  VisitorErasure,
  WireFormat,
} from './admin.ts'
export { isBlank } from './blank_text.ts'
export {
  ERROR_STATUS,
  isCredentialCode,
  isSessionCode,
  isForOwner,
  isThreadOver,
  isWithdrawal,
  remedyOf,
  type ErrorCode,
  type Remedy,
  type WireError,
} from './errors.ts'
export { isRetried } from './retried_errors.ts'
export {
  FILE_TYPES,
  FILE_URL,
  type FileLimits,
  type FileLink,
  type FileLinkRequest,
  type FileType,
  type StartedUpload,
  type UploadedFile,
  type UploadRequest,
} from './files.ts'
export { ADMIN_FUNCTION, CHAT_FUNCTION, FUNCTIONS_PATH } from './functions.ts'
export { CLIENT_ID, SESSION_HEADER, SESSION_TOKEN, UUID } from './session.ts'
export {
  MAX_CALL_BODY_BYTES,
  MAX_RESULT_BYTES,
  type CallAnswer,
  type CallClaim,
  type CallDecision,
  type CallResult,
  type ClaimedCall,
} from './calls.ts'
export type {
  CutReason,
  GuidedQuestion,
  MessageStatus,
  OpenedSession,
  Page,
  PublicAssistant,
  Suggestion,
  ThreadSummary,
  Timestamp,
  Usage,
  Visitor,
} from './dto.ts'
export type { EventPage, ThreadEvent, ThreadEventKind } from './events.ts'
export type { Message, MessageAuthor, MessagePage } from './message.ts'
export type { Identified, IdentifyRequest } from './identify.ts'
export { isPageContext, MAX_CONTEXT_BYTES, type PageContext } from './page_context.ts'
export { MAX_BODY_BYTES, MAX_FILES, parseTurnRequest, type TurnRequest } from './turns.ts'
export {
  contentOf,
  fits,
  foldPart,
  isReasoning,
  isTerminal,
  MalformedPartError,
  NO_PARTS,
  PARTS,
  parsePart,
  streamOfMessage,
  TEXT,
  type Citation,
  type DataParts,
  type FilePart,
  type FinishReason,
  type FoldedMessage,
  type MessagePart,
  type SourcePart,
  type StreamPart,
  type Shape,
  type ToolError,
  type ToolKind,
  type ToolMetadata,
  type ToolPart,
  type ToolStreamPart,
  type WaitingCall,
} from './parts/index.ts'
export { DONE_EVENT, encodePart, HEARTBEAT_EVENT, readParts, STREAM_HEADERS, type NumberedPart } from './sse.ts'
