export { createAdminClient, type AdminClient, type CallOptions } from './admin_client.ts'
export { AdminError, type AdminErrorDetails } from './admin_error.ts'
export type { AdminClientOptions, SupabaseLike } from './options.ts'
export type {
  ErrorCode,
  IdentitySecretState,
  KeyRotation,
  Maintenance,
  NewIdentitySecret,
  ProviderConfig,
  ProviderKeyTest,
  SavedProviderKey,
  SetProviderKeyRequest,
  TestProviderKeyRequest,
  VisitorErasure,
  WireFormat,
} from '@loacl/wire'
