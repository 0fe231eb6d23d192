import { SESSION_HEADER } from '@loacl/wire'
import type { IdentityStore } from '../domain/identity.ts'
import { createFunctionCaller, type DataApiOptions } from './data_api.ts'

/** Sessions and who they are bound to, over the Data API with the project's secret key. */
export function createDataApiIdentity(options: DataApiOptions): IdentityStore {
  const call = createFunctionCaller(options)
  return {
    readIdentitySecret: (assistantId) => call('read_identity_secret', { assistant_id: assistantId }),
    identify: (request, { sessionToken }) => call('identify_session', { request }, { [SESSION_HEADER]: sessionToken }),
    signOut: ({ sessionToken }) => call('sign_out_session', {}, { [SESSION_HEADER]: sessionToken }),
  }
}
