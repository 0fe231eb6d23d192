import {
  CHAT_FUNCTION,
  CLIENT_ID,
  isTerminal,
  MAX_BODY_BYTES,
  parseTurnRequest,
  UUID,
  type NumberedPart,
} from '@loacl/wire'
import { CodedError } from '../_shared/domain/coded_error.ts'
import type { Model } from '../_shared/domain/model.ts'
import type { Moderator } from '../_shared/domain/moderation.ts'
import { retryWhileAway } from '../_shared/domain/retry.ts'
import type { Caller, TurnStore } from '../_shared/domain/store.ts'
import { followTurn } from '../_shared/domain/stored_turn.ts'
import type { ToolRunner } from '../_shared/domain/tools/tool.ts'
import { runTurn } from '../_shared/domain/turn.ts'
import type { FileStorage, FileStore } from '../_shared/domain/files/file_store.ts'
import { createTurnPoll, type PollTurn } from '../_shared/domain/turn_poll.ts'
import { createApiKeyCheck } from '../_shared/http/api_keys.ts'
import { readJsonBody } from '../_shared/http/json_body.ts'
import { createPartStream, type PartStream } from '../_shared/http/part_stream.ts'
import { sendStored } from '../_shared/http/stored_parts.ts'
import { createRouter, type Route, type RouteContext } from '../_shared/http/router.ts'
import { answerCall, claimCall, continueTurn, decideCall } from './calls.ts'
import { callerOf } from './caller.ts'
import { beginUpload, completeUpload, linkFile, removeFile } from './files.ts'
import { identify, signOut, type IdentifyDeps } from './identify.ts'
import { safetyIdentifierOf } from './safety_identifier.ts'
import { WorkerLoad, type WorkerLoadOptions } from './worker_load.ts'

/** Of `apiKeys`, the project's publishable and secret keys, a request must bring one. */
export interface ChatDeps extends IdentifyDeps, WorkerLoadOptions {
  store: TurnStore
  model: Model
  moderator: Moderator
  files: FileStore
  storage: FileStorage
  tools: ToolRunner
  /** The one header that tells a visitor's network address and can't be set by visitors. */
  addressHeader: string
  /** Milliseconds that a turn may take, from request to the end of the answer. */
  deadlineMs: number
  /** Keeps the worker alive until the promise settles. */
  waitUntil: (promise: Promise<unknown>) => void
  /** Told of errors, for the owner's log. */
  report: (error: unknown, requestId: string) => void
}

/** Waits between tries to begin a turn: a visitor who has just sent something soon learns that nothing comes of it. */
const BEGIN_DELAYS_MS = [250, 500, 1_000, 2_000]

interface Context extends RouteContext {
  deps: ChatDeps & { pollTurn: PollTurn; load: WorkerLoad }
}

/**
 * The function `loacl-chat`, for visitors:
 * - `POST /turns` sends a message and streams the turn;
 * - `GET /turns/:id?after=<seq>` streams a turn that runs or ran, from a place on;
 * - `POST /turns/:id/stop` ends one, `POST /messages/:id/stop` the one that answers a message, also before that has come;
 * - `GET /threads/:id/stream` streams the turn that runs or waits in a thread, by either of the thread's ids; 204 where none does;
 * - `POST /files` begins an upload, `POST /files/:id/complete` checks it, `POST /files/:id/link` opens a file, `DELETE /files/:id`
 *   takes one away that was not sent;
 * - `POST /calls/:id/decision` approves or denies a call of a tool, `POST /calls/:id/claim` takes one that the page runs, and
 *   `POST /calls/:id/result` answers it; `POST /turns/:id/continue` ends what is overdue. The turn goes on once nothing of it waits;
 * - `POST /identify` says who the visitor is, `POST /sign-out` forgets it.
 */
export function createHandler(deps: ChatDeps): (request: Request) => Promise<Response> {
  const context = { deps: { ...deps, pollTurn: createTurnPoll(deps.store), load: new WorkerLoad(deps) } }
  const withDeps =
    (route: (context: Context, id: string) => Promise<Response>): Route =>
    (asked, id) =>
      route({ ...asked, ...context }, id)

  return createRouter({
    name: CHAT_FUNCTION,
    check: createApiKeyCheck(deps.apiKeys),
    report: deps.report,
    routes: [
      { path: /^\/turns$/, methods: { POST: withDeps(beginTurn) } },
      { path: /^\/turns\/([^/]+)$/, methods: { GET: withDeps(readTurn) } },
      { path: /^\/turns\/([^/]+)\/stop$/, methods: { POST: withDeps(stopTurn) } },
      { path: /^\/messages\/([^/]+)\/stop$/, methods: { POST: withDeps(stopMessage) } },
      { path: /^\/threads\/([^/]+)\/stream$/, methods: { GET: withDeps(resumeTurn) } },
      { path: /^\/files$/, methods: { POST: withDeps(beginUpload) } },
      { path: /^\/files\/([^/]+)$/, methods: { DELETE: withDeps(removeFile) } },
      { path: /^\/files\/([^/]+)\/complete$/, methods: { POST: withDeps(completeUpload) } },
      { path: /^\/files\/([^/]+)\/link$/, methods: { POST: withDeps(linkFile) } },
      { path: /^\/turns\/([^/]+)\/continue$/, methods: { POST: withDeps(continueTurn) } },
      { path: /^\/calls\/([^/]+)\/decision$/, methods: { POST: withDeps(decideCall) } },
      { path: /^\/calls\/([^/]+)\/claim$/, methods: { POST: withDeps(claimCall) } },
      { path: /^\/calls\/([^/]+)\/result$/, methods: { POST: withDeps(answerCall) } },
      { path: /^\/identify$/, methods: { POST: ({ request }) => identify(request, deps) } },
      { path: /^\/sign-out$/, methods: { POST: ({ request }) => signOut(request, deps) } },
    ],
  })
}

async function beginTurn({ request, requestId, deps }: Context): Promise<Response> {
  const { store, deadlineMs, addressHeader } = deps
  const startedAt = performance.now()
  const caller = await callerOf(request, deps)
  const parsed = parseTurnRequest(await readJsonBody(request, MAX_BODY_BYTES))
  if (!parsed.ok) throw new CodedError(parsed.code, parsed.message)

  const leave = deps.load.enter()
  const identifying = safetyIdentifierOf(caller)
  const asked = {
    request: parsed.value,
    origin: request.headers.get('origin'),
    address: request.headers.get(addressHeader),
    deadlineMs,
    lease: crypto.randomUUID(),
  }
  const begun = retryWhileAway(() => store.beginTurn(asked, caller), BEGIN_DELAYS_MS)
  const report = (error: unknown) => deps.report(error, requestId)
  const running = begun.then(async (turn) => {
    if (turn.joined) return null
    const stream = createPartStream()
    const { send, onStored } = sendStored(stream)
    const safetyIdentifier = await identifying
    const context = { caller, requestId, safetyIdentifier, deadlineMs: deadlineMs - (performance.now() - startedAt) }
    const parts = runTurn(turn, context, { ...deps, report, onStored })
    return { stream, done: pipe(parts, stream, report, send) }
  })
  // From its first line on the turn goes on without the request, whatever becomes of the connection.
  const ended = running.then((turn) => turn?.done).catch(() => null)
  deps.waitUntil(ended.finally(leave))
  const [turn, run] = await Promise.all([begun, running])
  return run ? run.stream.response : follow(turn.turn.id, 0, caller, requestId, deps)
}

async function readTurn({ request, url, requestId, deps }: Context, turnId: string): Promise<Response> {
  const caller = await callerOf(request, deps)
  const after = url.searchParams.get('after') ?? '0'
  if (!/^\d{1,9}$/.test(after)) throw new CodedError('invalid_body', '"after" must be the number of a part.')
  return follow(known(turnId), Number(after), caller, requestId, deps)
}

async function resumeTurn({ request, requestId, deps }: Context, encodedId: string): Promise<Response> {
  const caller = await callerOf(request, deps)
  const threadId = decodeId(encodedId)
  const turnId = threadId === null ? null : await deps.store.findTurn(threadId, caller)
  if (turnId === null) return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
  return follow(turnId, 0, caller, requestId, deps)
}

async function stopTurn({ request, deps }: Context, turnId: string): Promise<Response> {
  const { state } = await deps.store.stopTurn(known(turnId), await callerOf(request, deps))
  return Response.json({ state }, { status: 202, headers: { 'cache-control': 'no-store' } })
}

async function stopMessage({ request, deps }: Context, encodedId: string): Promise<Response> {
  const messageId = decodeId(encodedId)
  if (messageId === null) throw new CodedError('message_not_found', 'There is no such message.')
  const { state } = await deps.store.stopMessage(messageId, await callerOf(request, deps))
  return Response.json({ state }, { status: 202, headers: { 'cache-control': 'no-store' } })
}

async function follow(
  turnId: string,
  after: number,
  caller: Caller,
  requestId: string,
  deps: Context['deps'],
): Promise<Response> {
  const first = await deps.store.readTurn(turnId, after, caller)
  const stream = createPartStream()
  // One request may not outlive its worker: a reader who is cut off here comes back with the last number it has.
  const signal = AbortSignal.any([stream.left, deps.shutdown, AbortSignal.timeout(deps.deadlineMs)])
  const report = (error: unknown) => deps.report(error, requestId)
  const { send, onStored } = sendStored(stream)
  let sendPart = (part: NumberedPart) => stream.send([part])
  let leave: (() => void) | undefined
  const takeOver = async () => {
    const { store, deadlineMs, load } = deps
    // Its reader goes on to wait, for a worker that has room.
    if (load.isFull) return null
    leave = load.enter()
    // The first step: nothing was said before it.
    const turn = await store.resumeTurn({ id: turnId, lease: crypto.randomUUID() }, 1, deadlineMs, caller)
    if (turn.joined) {
      leave()
      return null
    }
    sendPart = send
    const context = { caller, requestId, safetyIdentifier: await safetyIdentifierOf(caller), deadlineMs }
    return runTurn(turn, context, { ...deps, report, onStored })
  }
  const parts = followTurn(first, { turnId, after, caller, requestId, signal }, { ...deps, takeOver })
  deps.waitUntil(pipe(parts, stream, report, (part) => sendPart(part)).finally(() => leave?.()))
  return stream.response
}

/** Sends parts until there are no more; a stream that is left without its terminal part is cut. Never rejects. */
async function pipe(
  parts: AsyncIterable<NumberedPart>,
  stream: PartStream,
  report: (error: unknown) => void,
  send: (part: NumberedPart) => void,
): Promise<void> {
  try {
    for await (const part of parts) {
      send(part)
      if (isTerminal(part.part)) stream.end()
    }
  } catch (error) {
    report(error)
  }
  stream.cut()
}

function known(turnId: string): string {
  if (!UUID.test(turnId)) throw new CodedError('turn_not_found', 'There is no such turn.')
  return turnId
}

/** `null` for what can be no id. */
function decodeId(encoded: string): string | null {
  try {
    const id = decodeURIComponent(encoded)
    return CLIENT_ID.test(id) ? id : null
  } catch {
    return null
  }
}
