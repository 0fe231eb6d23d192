export { createAdminClient, type AdminClient, type CallOptions } from './admin_client.ts'
export { AdminError, type AdminErrorDetails } from './admin_error.ts'
export type { AdminClientOptions, SupabaseLike } from './options.ts'
export type {
  AssistantModel,
  ErrorCode,
  KeyRotation,
  Maintenance,
  McpSecretState,
  McpToolAcceptance,
  McpToolChange,
  McpToolDescription,
  McpToolReview,
  NewAssistantSecret,
  ProviderConfig,
  ProviderKeyTest,
  ReasoningEffort,
  ReviewMcpToolsRequest,
  SavedMcpSecret,
  SavedProviderKey,
  SecretState,
  SetMcpSecretRequest,
  SetProviderKeyRequest,
  TestProviderKeyRequest,
  ToolError,
  VisitorErasure,
  WireFormat,
} from '@loacl/wire'
