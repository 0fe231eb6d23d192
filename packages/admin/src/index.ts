export { createAdminClient, type AdminClient, type CallOptions } from './admin_client.ts'
export { AdminError, type AdminErrorDetails } from './admin_error.ts'
export type { AdminClientOptions, SupabaseLike } from './options.ts'
export type {
  AssistantModel,
  ErrorCode,
  IdentitySecretState,
  KeyRotation,
  Maintenance,
  NewIdentitySecret,
  ProviderConfig,
  ProviderKeyTest,
  ReasoningEffort,
  SavedProviderKey,
  SetProviderKeyRequest,
  TestProviderKeyRequest,
  VisitorErasure,
  WireFormat,
} from '@loacl/wire'
