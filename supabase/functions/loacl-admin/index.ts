import { createKeyRing } from '@loacl/sealing'
import { createEgress } from '../_shared/adapters/egress.ts'
import { readEnvironment } from '../_shared/adapters/environment.ts'
import { createFileStorage } from '../_shared/adapters/file_storage.ts'
import { toLogLine } from '../_shared/adapters/log_line.ts'
import { createHostResolver } from '../_shared/adapters/resolve_host.ts'
import { createDataApiAdminStore } from './adapters/data_api_admin_store.ts'
import { createOpenAIProvider } from './adapters/openai_provider.ts'
import { createRemoteMcpServers } from './adapters/remote_mcp_servers.ts'
import { createObjectStorage } from './adapters/storage.ts'
import { createSupabaseAccounts } from './adapters/supabase_auth.ts'
import { createHandler } from './handler.ts'

/** A worker takes a request for at least 75 seconds; the last call may need 20 of them. */
const MAX_WORK_MS = 40_000

const environment = readEnvironment((name) => Deno.env.get(name))
const { supabaseUrl: url, secretKey, publishableKey, secretKeys, apiKeys, privateHosts, defaultBaseUrl } = environment

const egress = createEgress({ privateHosts, fetch, resolve: createHostResolver(Deno, environment.isBehindProxy) })

Deno.serve(
  createHandler({
    accounts: createSupabaseAccounts({ url, secretKey }),
    store: createDataApiAdminStore({ url, secretKey, publishableKey }),
    provider: createOpenAIProvider({ egress, defaultBaseUrl }),
    mcpServers: createRemoteMcpServers(egress),
    storage: { ...createObjectStorage({ url, secretKey }), ...createFileStorage({ url, secretKey }) },
    keyRing: createKeyRing(environment.encryptionKeys),
    apiKeys,
    secretKeys,
    maxWorkMs: MAX_WORK_MS,
    report: (error, requestId) => console.error(toLogLine(error, requestId)),
  }),
)
