import { type Identified, parseTurnRequest, SESSION_TOKEN, UUID } from '@loacl/wire'
import { beginTurn, findTurn } from './begin_turn.ts'
import { enterAssistant } from './data_api.ts'
import { answerCall, claimCall, continueTurn, decideCall } from './call_routes.ts'
import { beginUpload, completeUpload, deleteFile, openFile } from './file_routes.ts'
import type { ProjectState } from './project_state.ts'
import { readJson } from './read_json.ts'
import { json, Refusal } from './refusal.ts'
import { type Caller, typeOf } from './visitors.ts'

export interface FunctionCall {
  state: ProjectState
  caller: Caller
  /** Of the turn, the message, the call or the file that the path names. */
  turnId: string
  after: string
  body: string
  signal: AbortSignal
}

function sendMessage({ state, caller, body, signal }: FunctionCall): Response {
  state.visitors.requireToken(caller)
  const parsed = parseTurnRequest(readJson(body))
  if (!parsed.ok) throw new Refusal(parsed.code, parsed.message)
  const { turn, begin } = beginTurn(state, parsed.value, caller)
  const response = turn.stream(0, begin !== null, signal)
  begin?.()
  return response
}

function followTurn({ state, caller, turnId, after, signal }: FunctionCall): Response {
  state.visitors.requireToken(caller)
  if (!/^\d{1,9}$/.test(after)) throw new Refusal('invalid_body')
  return findTurn(state, caller, turnId).stream(Number(after), false, signal)
}

function stopTurn({ state, caller, turnId }: FunctionCall): Response {
  const turn = findTurn(state, caller, turnId)
  const response = json({ state: turn.state }, 202)
  turn.end({ state: 'stopped' })
  return response
}

function stopMessage({ state, caller, turnId: messageId }: FunctionCall): Response {
  const token = state.visitors.requireToken(caller)
  const own = state.visitors.own(caller)
  const turn = [...state.turns.values()].findLast(
    ({ question, thread, requestId }) =>
      (question.clientId === messageId || requestId === messageId) &&
      thread.status !== 'deleted' &&
      own.includes(thread.session),
  )
  if (!turn) state.keptStops.set(`${token} ${messageId}`, Date.now())
  const response = json({ state: turn?.state ?? 'kept' }, 202)
  turn?.end({ state: 'stopped' })
  return response
}

function identify({ state, caller, body }: FunctionCall): Response {
  state.visitors.requireToken(caller)
  const { assistantId, newToken, identityToken } = Object(readJson(body)) as Record<string, unknown>
  if (typeof assistantId !== 'string' || !UUID.test(assistantId)) throw new Refusal('invalid_body')
  if (typeof newToken !== 'string' || !SESSION_TOKEN.test(newToken)) throw new Refusal('invalid_body')
  if (identityToken !== undefined && typeof identityToken !== 'string') throw new Refusal('invalid_body')
  const externalId = identityToken === undefined ? null : state.identityTokens.get(identityToken)
  if (externalId === undefined) throw new Refusal('identity_token_invalid')
  if (externalId === null && caller.userId === null) throw new Refusal('invalid_body')
  enterAssistant(state, assistantId)
  const person = { externalId, userId: externalId === null ? caller.userId : null }
  const session = state.visitors.identify(caller, newToken, person)
  const identified: Identified = {
    visitor: { sessionId: session.id, type: typeOf(session) },
    expiresAt: session.expiresAt,
  }
  return json(identified)
}

function signOut({ state, caller }: FunctionCall): Response {
  state.visitors.signOut(caller)
  return new Response(null, { status: 204 })
}

/** What the function `loacl-chat` does. */
export type ChatRoute =
  | 'POST turns'
  | 'GET turns/:id'
  | 'POST turns/:id/stop'
  | 'POST turns/:id/continue'
  | 'POST messages/:id/stop'
  | 'POST calls/:id/decision'
  | 'POST calls/:id/claim'
  | 'POST calls/:id/result'
  | 'POST files'
  | 'POST files/:id/complete'
  | 'POST files/:id/link'
  | 'DELETE files/:id'
  | 'POST identify'
  | 'POST sign-out'

export const CHAT_ROUTES: Readonly<Record<ChatRoute, (call: FunctionCall) => Response>> = {
  'POST turns': sendMessage,
  'GET turns/:id': followTurn,
  'POST turns/:id/stop': stopTurn,
  'POST turns/:id/continue': continueTurn,
  'POST messages/:id/stop': stopMessage,
  'POST calls/:id/decision': decideCall,
  'POST calls/:id/claim': claimCall,
  'POST calls/:id/result': answerCall,
  'POST files': beginUpload,
  'POST files/:id/complete': completeUpload,
  'POST files/:id/link': openFile,
  'DELETE files/:id': deleteFile,
  'POST identify': identify,
  'POST sign-out': signOut,
}
