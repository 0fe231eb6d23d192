import { type CallAnswer, type ClaimedCall, CLIENT_ID, MAX_CALL_BODY_BYTES, UUID } from '@loacl/wire'
import { CodedError } from '../_shared/domain/coded_error.ts'
import type { Caller, TurnStore } from '../_shared/domain/store.ts'
import { toStorable, toStorableJson } from '../_shared/domain/storable.ts'
import type { CallAnswered, PageAnswer } from '../_shared/domain/tools/tool_store.ts'
import { runTurn } from '../_shared/domain/turn.ts'
import type { TurnDeps } from '../_shared/domain/turn_deps.ts'
import { readJsonBody } from '../_shared/http/json_body.ts'
import type { RouteContext } from '../_shared/http/router.ts'
import { callerOf, type CallerDeps } from './caller.ts'
import { safetyIdentifierOf } from './safety_identifier.ts'
import type { WorkerLoad } from './worker_load.ts'

interface CallsDeps extends CallerDeps, Omit<TurnDeps, 'report' | 'onStored'> {
  deadlineMs: number
  load: WorkerLoad
  report: (error: unknown, requestId: string) => void
}

interface Context extends RouteContext {
  deps: CallsDeps
}

/** Longest reason of a denial, and longest error of a page's handler, in characters. */
const MAX_REASON = 500
const MAX_ERROR = 1_000
const DIGEST = /^[0-9a-f]{64}$/

/** The visitor says yes or no to a call. */
export const decideCall = (context: Context, id: string): Promise<Response> =>
  goOnAfter(context, async (store, caller) => {
    const { approved, argumentsDigest, reason = null } = await readBody(context)
    if (typeof approved !== 'boolean') throw invalid('"approved" must be true or false.')
    if (typeof argumentsDigest !== 'string' || !DIGEST.test(argumentsDigest))
      throw invalid('"argumentsDigest" must be that of the call that was shown.')
    if (reason !== null && !isText(reason, MAX_REASON))
      throw invalid(`"reason" must be a text of up to ${MAX_REASON} characters.`)
    const said = reason === null ? null : toStorable(reason)
    return store.decideCall(known(id), { approved, argumentsDigest, reason: said }, caller)
  })

/** A tab takes a call that a page is to run. */
export async function claimCall(context: Context, id: string): Promise<Response> {
  const caller = await callerOf(context.request, context.deps)
  const { tab } = await readBody(context)
  const claimed: ClaimedCall = await context.deps.store.claimCall(known(id), requireTab(tab), caller)
  return Response.json(claimed, { headers: NOT_STORED })
}

/** The tab that has taken a call says what came of it. */
export const answerCall = (context: Context, id: string): Promise<Response> =>
  goOnAfter(context, async (store, caller) => {
    const body = await readBody(context)
    return store.answerCall(known(id), requireTab(body.tab), toAnswer(body), caller)
  })

/** What is overdue in a turn that waits ends. */
export const continueTurn = (context: Context, turnId: string): Promise<Response> =>
  goOnAfter(context, (store, caller) => {
    if (!UUID.test(turnId)) throw new CodedError('turn_not_found', 'There is no such turn.')
    return store.continueTurn(turnId, caller)
  })

/** Stores what has come, and lets the turn go on where that was the last that it waited for. */
async function goOnAfter(
  { request, requestId, deps }: Context,
  store: (store: TurnStore, caller: Caller) => Promise<CallAnswered>,
): Promise<Response> {
  const caller = await callerOf(request, deps)
  // Before anything is stored: a worker without room says so, and the same request comes again.
  const leave = deps.load.enter()
  let running: { ended: Promise<void> } | null = null
  try {
    const { isReady, ...answered } = await store(deps.store, caller)
    const { turnId, waiting } = answered
    let answer: CallAnswer = answered
    if (isReady && waiting) {
      running = await takeUp(turnId, waiting.step, caller, requestId, deps)
      answer = { turnId, state: 'running', waiting: null }
    }
    return Response.json(answer, { status: 202, headers: NOT_STORED })
  } finally {
    if (running) deps.waitUntil(running.ended.finally(leave))
    else leave()
  }
}

/** Runs a turn on without a reader: who follows it reads what is stored. `null` where somebody else runs it. */
async function takeUp(
  turnId: string,
  step: number,
  caller: Caller,
  requestId: string,
  deps: CallsDeps,
): Promise<{ ended: Promise<void> } | null> {
  const { store, deadlineMs } = deps
  const safetyIdentifier = await safetyIdentifierOf(caller)
  const turn = await store.resumeTurn({ id: turnId, lease: crypto.randomUUID() }, step, deadlineMs, caller)
  if (turn.joined) return null
  const report = (error: unknown) => deps.report(error, requestId)
  const parts = runTurn(turn, { caller, requestId, safetyIdentifier, deadlineMs }, { ...deps, report })
  const run = async () => {
    for await (const _ of parts);
  }
  return { ended: run().catch(report) }
}

const NOT_STORED = { 'cache-control': 'no-store' }

const invalid = (message: string) => new CodedError('invalid_body', message)

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.length <= longest

async function readBody({ request }: Context): Promise<Readonly<Record<string, unknown>>> {
  const body = await readJsonBody(request, MAX_CALL_BODY_BYTES)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('The body must be a JSON object.')
  return body as Record<string, unknown>
}

function known(id: string): string {
  if (!UUID.test(id)) throw new CodedError('execution_not_found', 'There is no such call.')
  return id
}

function requireTab(tab: unknown): string {
  if (typeof tab !== 'string' || !CLIENT_ID.test(tab)) throw invalid('"tab" must be 1 to 128 visible ASCII characters.')
  return tab
}

function toAnswer(body: Readonly<Record<string, unknown>>): PageAnswer {
  if ('output' in body === 'error' in body) throw invalid('A call is answered with an "output" or with an "error".')
  if ('output' in body) return { output: storable(body.output) }
  if (!isText(body.error, MAX_ERROR)) throw invalid(`"error" must be a text of up to ${MAX_ERROR} characters.`)
  return { error: toStorable(body.error) }
}

function storable(output: unknown): unknown {
  try {
    return toStorableJson(output)
  } catch {
    throw invalid('"output" is nested too deep.')
  }
}
