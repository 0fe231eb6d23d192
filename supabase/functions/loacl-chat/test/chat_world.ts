import { createKeyRing, type SecretContext } from '@loacl/sealing'
import { CHAT_FUNCTION, FUNCTIONS_PATH, readParts, type NumberedPart } from '@loacl/wire'
import { CodedError } from '../../_shared/domain/coded_error.ts'
import type { IdentityStore } from '../../_shared/domain/identity.ts'
import { MemoryFiles } from '../../_shared/test/memory_files.ts'
import { MemoryStore } from '../../_shared/test/memory_store.ts'
import { ScriptedModel, type ScriptStep } from '../../_shared/test/scripted_model.ts'
import { ScriptedTools } from '../../_shared/test/tools.ts'
import { ScriptedModerator } from '../../_shared/test/scripted_moderator.ts'
import { newCaller } from '../../_shared/test/contract_visitor.ts'
import type { OpenTurn } from '../../_shared/domain/store.ts'
import { createHandler } from '../handler.ts'

export const PUBLISHABLE_KEY = 'sb_publishable_test'
const FOLLOW_UPS = JSON.stringify({ title: 'A greeting', followUps: ['What now?', 'Why?'] })

export const keyRing = createKeyRing(
  JSON.stringify({ current: 'k', keys: { k: Buffer.alloc(32, 1).toString('base64') } }),
)

/** The function's handler over a store in memory and a model that plays a script. */
export async function createChatWorld(
  steps: readonly ScriptStep[],
  options: {
    deadlineMs?: number
    maxTurns?: number
    readIdentitySecret?: IdentityStore['readIdentitySecret']
    moderation?: OpenTurn['moderation']
    /** What the model says after its first call. */
    laterSteps?: readonly (readonly ScriptStep[])[]
  } = {},
) {
  const assistantId = crypto.randomUUID()
  const context: SecretContext = {
    purpose: 'provider_key',
    secretId: 's',
    ownerId: 'o',
    provider: 'openai',
    baseUrl: null,
  }
  const provider = {
    ...context,
    provider: 'openai' as const,
    configId: 'c',
    ...(await keyRing.seal('sk-live-123', context)),
  }
  const store = new MemoryStore({ assistantId, provider, moderation: options.moderation ?? null })
  const model = new ScriptedModel(steps, FOLLOW_UPS, ...(options.laterSteps ?? []))
  const moderator = new ScriptedModerator()
  const files = new MemoryFiles()
  const tools = new ScriptedTools()
  const waited: Promise<unknown>[] = []
  const reported: unknown[] = []
  const session = newCaller().sessionToken
  const shutdown = new AbortController()
  const load = { memory: 0 }
  const handle = createHandler({
    store,
    model,
    moderator,
    files,
    storage: files,
    tools,
    keyRing,
    identities: {
      readIdentitySecret: options.readIdentitySecret ?? (async () => null),
      identify: async () => Promise.reject(new Error('Nobody identifies themselves here.')),
      signOut: async () => {},
    },
    checkAccessToken: async () => Promise.reject(new CodedError('access_token_invalid', 'Nobody is signed in here.')),
    apiKeys: [PUBLISHABLE_KEY, 'sb_secret_test'],
    addressHeader: 'cf-connecting-ip',
    deadlineMs: options.deadlineMs ?? 60_000,
    waitUntil: (promise) => void waited.push(promise),
    maxTurns: options.maxTurns ?? 100,
    memory: () => load.memory,
    shutdown: shutdown.signal,
    report: (error) => void reported.push(error),
  })

  const request = (
    path: string,
    init: RequestInit = {},
    headers: Record<string, string | null> = {},
  ): Promise<Response> => {
    const all = new Headers({ apikey: PUBLISHABLE_KEY, 'x-loacl-session': session, origin: 'https://shop.example' })
    for (const [name, value] of Object.entries(headers))
      if (value === null) all.delete(name)
      else all.set(name, value)
    return handle(
      new Request(`https://project.example/${FUNCTIONS_PATH}${CHAT_FUNCTION}${path}`, { ...init, headers: all }),
    )
  }

  return {
    assistantId,
    store,
    model,
    moderator,
    files,
    tools,
    reported,
    load,
    shutdown,
    session,
    request,
    /** Resolves when every turn that was begun has ended and is stored. */
    settled: () => Promise.all(waited),
    message: (change: Record<string, unknown> = {}): Record<string, unknown> => ({
      type: 'message',
      assistantId,
      id: crypto.randomUUID(),
      threadId: null,
      text: 'Hello',
      ...change,
    }),
    post: (body: unknown, headers?: Record<string, string | null>) =>
      request('/turns', { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }, headers),
  }
}

export async function partsOf(response: Response): Promise<NumberedPart[]> {
  const parts: NumberedPart[] = []
  for await (const part of readParts(response.body!)) parts.push(part)
  return parts
}

/** Reads a stream until a part of this type has come, and leaves it. */
export async function readUntil(response: Response, type: NumberedPart['part']['type']): Promise<NumberedPart[]> {
  const parts: NumberedPart[] = []
  for await (const part of readParts(response.body!)) {
    parts.push(part)
    if (part.part.type === type) break
  }
  return parts
}
