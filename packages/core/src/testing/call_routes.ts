import { type CallAnswer, type ClaimedCall, MAX_CALL_BODY_BYTES } from '@loacl/wire'
import { toMs } from './clock.ts'
import { findTurn } from './begin_turn.ts'
import type { FunctionCall } from './chat_function.ts'
import { readJson } from './read_json.ts'
import { json, Refusal } from './refusal.ts'
import { PAGE_MS, type TestCall } from './test_call.ts'
import type { TestTurn } from './test_turn_types.ts'

type Body = Readonly<Record<string, unknown>>

const answerOf = ({ id, state, waiting }: TestTurn): Response => {
  const answer: CallAnswer = { turnId: id, state, waiting }
  return json(answer, 202)
}

/** A call in a turn of the caller's. */
function findCall({ state, caller, turnId: callId }: FunctionCall): { turn: TestTurn; call: TestCall } {
  state.visitors.requireToken(caller)
  for (const turn of state.turns.values()) {
    const call = turn.calls.find(({ id }) => id === callId)
    if (!call) continue
    const isOwn = turn.thread.status !== 'deleted' && state.visitors.own(caller).includes(turn.thread.session)
    if (isOwn && state.threads.has(turn.thread.id)) return { turn, call }
  }
  throw state.visitors.notFound(caller, 'execution_not_found')
}

const isOverdue = ({ expiresAt }: TestCall): boolean => expiresAt !== null && toMs(expiresAt) <= Date.now()

export function decideCall(asked: FunctionCall): Response {
  const { turn, call } = findCall(asked)
  const { approved, argumentsDigest, reason } = Object(readJson(asked.body, MAX_CALL_BODY_BYTES)) as Body
  if (typeof approved !== 'boolean' || typeof argumentsDigest !== 'string') throw new Refusal('invalid_body')
  if (reason !== undefined && typeof reason !== 'string') throw new Refusal('invalid_body')
  if (argumentsDigest !== call.digest) throw new Refusal('execution_not_found')
  if (call.status !== 'pending') {
    if (!call.asks || call.wasApproved !== approved) throw new Refusal('execution_decided')
    return answerOf(turn)
  }
  if (isOverdue(call)) throw new Refusal('approval_expired')
  call.wasApproved = approved
  call.status = approved ? 'approved' : 'denied'
  if (call.kind === 'page') call.expiresAt = asked.state.clock.later(PAGE_MS)
  turn.settle()
  return answerOf(turn)
}

export function claimCall(asked: FunctionCall): Response {
  const { turn, call } = findCall(asked)
  const { tab } = Object(readJson(asked.body, MAX_CALL_BODY_BYTES)) as Body
  if (typeof tab !== 'string' || tab === '') throw new Refusal('invalid_body')
  const isAgain = call.status === 'running' && call.tab === tab
  if (call.kind !== 'page' || (call.status !== 'approved' && !isAgain)) throw new Refusal('execution_decided')
  if (!isAgain) {
    Object.assign(call, { status: 'running', tab, expiresAt: asked.state.clock.later(PAGE_MS) })
    turn.settle()
  }
  const claimed: ClaimedCall = { arguments: call.arguments ?? {}, expiresAt: call.expiresAt! }
  return json(claimed)
}

export function answerCall(asked: FunctionCall): Response {
  const { turn, call } = findCall(asked)
  const { tab, output, error } = Object(readJson(asked.body, MAX_CALL_BODY_BYTES)) as Body
  if (typeof tab !== 'string' || (output === undefined) === (error === undefined)) throw new Refusal('invalid_body')
  if (call.tab !== tab) throw new Refusal('execution_decided')
  if (call.status === 'running') {
    Object.assign(call, {
      status: 'done',
      result: output ?? null,
      error: error === undefined ? undefined : 'tool_failed',
    })
    turn.settle()
  }
  return answerOf(turn)
}

/** Ends what is overdue. */
export function continueTurn({ state, caller, turnId }: FunctionCall): Response {
  const turn = findTurn(state, caller, turnId)
  const overdue = turn.waiting ? turn.calls.filter(isOverdue) : []
  if (overdue.some(({ status }) => status === 'pending')) turn.end({ state: 'cut', cutReason: 'time_limit' }, 'expired')
  else {
    for (const call of overdue)
      if (call.status === 'approved') Object.assign(call, { status: 'done', error: 'page_unavailable' })
      else if (call.status === 'running') Object.assign(call, { status: 'done', error: 'unknown' })
    if (overdue.length > 0) turn.settle()
  }
  return answerOf(turn)
}
