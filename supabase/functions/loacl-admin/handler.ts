import type { KeyRing } from '@loacl/sealing'
import { ADMIN_FUNCTION, UUID } from '@loacl/wire'
import { CodedError } from '../_shared/domain/coded_error.ts'
import type { FileStorage } from '../_shared/domain/files/file_store.ts'
import { readLinkRequest } from '../_shared/domain/files/link_request.ts'
import { bearerOf, createApiKeyCheck, createKeyMatcher } from '../_shared/http/api_keys.ts'
import { readJsonBody } from '../_shared/http/json_body.ts'
import { createRouter, type Route, type RouteContext } from '../_shared/http/router.ts'
import { changeAssistantModel, readAssistantModel } from './domain/assistant_model.ts'
import {
  createAssistantSecret,
  describeAssistantSecret,
  removeAssistantSecret,
  type AssistantSecret,
} from './domain/assistant_secrets.ts'
import { maintain } from './domain/maintenance.ts'
import { describeMcpSecret, removeMcpSecret, setMcpSecret } from './domain/mcp_secrets.ts'
import type { Accounts, AdminStore, McpServers, ObjectStorage, Operator, Provider } from './domain/ports.ts'
import { removeProviderKey, setProviderKey, testProviderKey } from './domain/provider_keys.ts'
import { reviewMcpTools } from './domain/review_mcp_tools.ts'
import { rotateKeys } from './domain/rotate_keys.ts'

export interface AdminDeps {
  accounts: Accounts
  store: AdminStore
  provider: Provider
  mcpServers: McpServers
  storage: ObjectStorage & Pick<FileStorage, 'createLink'>
  keyRing: KeyRing
  /** The project's publishable and secret keys: a request must bring one of them. */
  apiKeys: readonly string[]
  /** Those that stand for the project itself, for a scheduler. */
  secretKeys: readonly string[]
  /** Milliseconds that one request may spend on work that can be taken up again. */
  maxWorkMs: number
  /** Told of errors, for the owner's log. */
  report: (error: unknown, requestId: string) => void
}

const MAX_BODY_BYTES = 16_384

/**
 * The function `loacl-admin`, for operators, who sign in with Supabase Auth:
 * - `GET`, `PUT`, `DELETE /provider-key` and `POST /provider-key/test`;
 * - `GET`, `PATCH /assistants/:id/model`: its provider, fallback, models and their parameters;
 * - `GET`, `PUT`, `DELETE /assistants/:id/identity-secret` and `…/tool-secret`;
 * - `GET`, `PUT`, `DELETE /mcp-servers/:id/secret`, and `POST /mcp-servers/:id/tools` asks a server for its tools;
 * - `POST /keys/rotate` puts secrets under the key ring's current key;
 * - `POST /sessions/:id/erase` erases a visitor;
 * - `POST /files/:id/link` opens a file of a visitor's, `DELETE /files/:id` deletes one;
 * - `POST /maintenance/drain` purges and deletes what is due, also for a scheduler with a secret key.
 */
export function createHandler(deps: AdminDeps): (request: Request) => Promise<Response> {
  const { store, keyRing, report } = deps
  const isService = createKeyMatcher(deps.secretKeys)

  /** @throws CodedError `sign_in_required`, `not_operator` */
  async function toOperator(request: Request): Promise<Operator> {
    const accessToken = bearerOf(request)
    const account = accessToken === null ? null : await deps.accounts.find(accessToken)
    if (accessToken === null || !account)
      throw new CodedError('sign_in_required', 'Sign in, and send the access token as Authorization: Bearer.')
    const role = account.isAnonymous ? null : await store.getOperatorRole(account.userId)
    if (!role) throw new CodedError('not_operator', 'Only an operator of this project may do this.')
    return { userId: account.userId, role, accessToken }
  }

  type OperatorRoute = (operator: Operator, context: RouteContext, place: string) => Promise<unknown>
  const forOperators =
    (route: OperatorRoute): Route =>
    async (context, place) =>
      toResponse(await route(await toOperator(context.request), context, place))

  const assistantSecret = (kind: AssistantSecret) => ({
    GET: forOperators((operator, _, id) => describeAssistantSecret(kind, operator, toAssistantId(id), store)),
    PUT: forOperators((operator, _, id) => createAssistantSecret(kind, operator, toAssistantId(id), deps)),
    DELETE: forOperators((operator, _, id) => removeAssistantSecret(kind, operator, toAssistantId(id), store)),
  })

  const startTimer = (): (() => boolean) => {
    const startedAt = performance.now()
    return () => performance.now() - startedAt > deps.maxWorkMs
  }

  return createRouter({
    name: ADMIN_FUNCTION,
    check: createApiKeyCheck(deps.apiKeys),
    report,
    routes: [
      {
        path: /^\/provider-key$/,
        methods: {
          GET: forOperators(async (operator) => ({ items: await store.listProviderConfigs(operator) })),
          PUT: forOperators(async (operator, { request }) => setProviderKey(operator, await read(request), deps)),
          DELETE: forOperators((operator, { url }) => removeProviderKey(operator, url.searchParams.get('id'), deps)),
        },
      },
      {
        path: /^\/provider-key\/test$/,
        methods: {
          POST: forOperators(async (operator, { request }) => testProviderKey(operator, await read(request), deps)),
        },
      },
      {
        path: /^\/assistants\/([^/]+)\/model$/,
        methods: {
          GET: forOperators((operator, _, id) => readAssistantModel(operator, toAssistantId(id), store)),
          PATCH: forOperators(async (operator, { request }, id) =>
            changeAssistantModel(operator, toAssistantId(id), await read(request), store),
          ),
        },
      },
      { path: /^\/assistants\/([^/]+)\/identity-secret$/, methods: assistantSecret('identity') },
      { path: /^\/assistants\/([^/]+)\/tool-secret$/, methods: assistantSecret('tool') },
      {
        path: /^\/mcp-servers\/([^/]+)\/secret$/,
        methods: {
          GET: forOperators((operator, _, id) => describeMcpSecret(operator, id, deps)),
          PUT: forOperators(async (operator, { request }, id) => setMcpSecret(operator, id, await read(request), deps)),
          DELETE: forOperators((operator, _, id) => removeMcpSecret(operator, id, deps)),
        },
      },
      {
        path: /^\/mcp-servers\/([^/]+)\/tools$/,
        methods: {
          POST: forOperators(async (operator, { request }, id) =>
            reviewMcpTools(operator, id, await read(request), deps),
          ),
        },
      },
      {
        path: /^\/keys\/rotate$/,
        methods: { POST: forOperators((operator) => rotateKeys(operator, { store, keyRing, isLate: startTimer() })) },
      },
      {
        path: /^\/sessions\/([^/]+)\/erase$/,
        methods: { POST: forOperators((operator, _, id) => store.eraseVisitor(operator, toSessionId(id))) },
      },
      {
        path: /^\/files\/([^/]+)$/,
        methods: { DELETE: forOperators((operator, _, id) => store.deleteFile(operator, toFileId(id))) },
      },
      {
        path: /^\/files\/([^/]+)\/link$/,
        methods: {
          POST: forOperators(async (operator, { request }, id) => {
            const download = readLinkRequest(await read(request))
            const { path, name } = await store.locateFile(operator, toFileId(id))
            return deps.storage.createLink(path, download ? name : null)
          }),
        },
      },
      {
        path: /^\/maintenance\/drain$/,
        methods: {
          POST: async ({ request, requestId }) => {
            if (!(await isService(request))) await toOperator(request)
            const work = { ...deps, isLate: startTimer(), report: (error: unknown) => report(error, requestId) }
            return toResponse(await maintain(work))
          },
        },
      },
    ],
  })
}

/** An empty body is an empty object: most routes ask for nothing. It may come as a stream without a byte. */
const read = (request: Request): Promise<unknown> => readJsonBody(request, MAX_BODY_BYTES, {})

const toResponse = (body: unknown): Response =>
  body === undefined
    ? new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
    : Response.json(body, { headers: { 'cache-control': 'no-store' } })

function toAssistantId(id: string): string {
  if (!UUID.test(id)) throw new CodedError('assistant_not_found', 'There is no such assistant.')
  return id.toLowerCase()
}

function toSessionId(id: string): string {
  if (!UUID.test(id)) throw new CodedError('not_found', 'There is no such visitor.')
  return id
}

function toFileId(id: string): string {
  if (!UUID.test(id)) throw new CodedError('file_not_found', 'There is no such file.')
  return id
}
