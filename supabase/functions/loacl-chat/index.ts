import { createKeyRing } from '@loacl/sealing'
import { createAccessTokenCheck } from '../_shared/adapters/access_tokens.ts'
import { createDataApiIdentity } from '../_shared/adapters/data_api_identity.ts'
import { createDataApiFiles } from '../_shared/adapters/data_api_files.ts'
import { createDataApiStore } from '../_shared/adapters/data_api_store.ts'
import { createEgress } from '../_shared/adapters/egress.ts'
import { readEnvironment } from '../_shared/adapters/environment.ts'
import { createFileStorage } from '../_shared/adapters/file_storage.ts'
import { createMemoryGauge } from '../_shared/adapters/memory_gauge.ts'
import { toLogLine, toNoteLine } from '../_shared/adapters/log_line.ts'
import { createServerTool } from '../_shared/adapters/server_tool.ts'
import { createToolRunner } from '../_shared/adapters/tool_runner.ts'
import { createMcpToolRunner } from '../_shared/adapters/mcp_tool.ts'
import { createOpenAIModerator } from '../_shared/adapters/openai_moderator.ts'
import { createProviderModel } from '../_shared/adapters/provider_model.ts'
import { withFiles } from '../_shared/adapters/read_files.ts'
import { createHostResolver } from '../_shared/adapters/resolve_host.ts'
import { createHandler } from './handler.ts'

declare const EdgeRuntime: { waitUntil(promise: Promise<unknown>): void } | undefined

const environment = readEnvironment((name) => Deno.env.get(name))
const shutdown = new AbortController()
addEventListener('beforeunload', () => shutdown.abort())

const providers = {
  egress: createEgress({
    privateHosts: environment.privateHosts,
    fetch,
    resolve: createHostResolver(Deno, environment.isBehindProxy),
  }),
  defaultBaseUrl: environment.defaultBaseUrl,
}

const storage = createFileStorage({ url: environment.supabaseUrl, secretKey: environment.secretKey })
const keyRing = createKeyRing(environment.encryptionKeys)

Deno.serve(
  createHandler({
    store: createDataApiStore({ url: environment.supabaseUrl, secretKey: environment.secretKey }),
    model: withFiles(
      createProviderModel({ ...providers, note: (refused) => console.warn(toNoteLine(refused)) }),
      storage,
    ),
    files: createDataApiFiles({ url: environment.supabaseUrl, secretKey: environment.secretKey }),
    storage,
    moderator: createOpenAIModerator(providers),
    identities: createDataApiIdentity({ url: environment.supabaseUrl, secretKey: environment.secretKey }),
    checkAccessToken: createAccessTokenCheck({ url: environment.supabaseUrl, key: environment.secretKey }),
    tools: createToolRunner({
      server: createServerTool({ egress: providers.egress, keyRing }),
      mcp: createMcpToolRunner({ egress: providers.egress, keyRing }),
    }),
    keyRing,
    apiKeys: environment.apiKeys,
    addressHeader: environment.addressHeader,
    deadlineMs: environment.deadlineMs,
    maxTurns: environment.maxTurns,
    memory: createMemoryGauge(Deno),
    waitUntil: (promise) => {
      // Plain Deno lives as long as its server does.
      if (typeof EdgeRuntime !== 'undefined') EdgeRuntime.waitUntil(promise)
    },
    shutdown: shutdown.signal,
    report: (error, requestId) => console.error(toLogLine(error, requestId)),
  }),
)
