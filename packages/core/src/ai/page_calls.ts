import type { ClaimedCall, ToolPart, WaitingCall } from '@loacl/wire'
import { post } from '../call_requests.ts'
import type { ClientContext, WithClient } from '../client_context.ts'
import { hasCode } from '../error_codes.ts'
import { randomId } from '../random.ts'
import { runTool } from '../run_tool.ts'
import { pathOf, sendOutcome } from '../send_outcome.ts'
import type { LoaclClient, Thread, ThreadState } from '../types.ts'
import type { ChatMessage } from './ui_message.ts'

/** A call of which the page says what has come of it, by `addToolOutput`. */
export type AnsweredCall = Extract<ChatMessage['parts'][number], { state: 'output-available' | 'output-error' }>

/** Names this page at the server, for what `addToolOutput` gives. */
const tab = randomId()
/** By client, the calls for which it has done so, or may not: what comes of them comes by itself. */
const answered = new WeakMap<ClientContext, Set<string>>()

const contextOf = (client: LoaclClient): ClientContext => (client as LoaclClient & WithClient).client

/** The calls that a thread's turn waits for; none where it doesn't. */
export const waitingCalls = ({ turn }: ThreadState): readonly WaitingCall[] =>
  turn.status === 'waiting' ? turn.calls : []

export const partOf = ({ messages }: ThreadState, callId: string): ToolPart | undefined =>
  messages
    .flatMap(({ parts }) => parts)
    .find((part): part is ToolPart => part.type === 'dynamic-tool' && part.toolCallId === callId)

/** Whether the page has a tool for this call by `registerTool`. */
function isRegistered(client: LoaclClient, state: ThreadState, callId: string): boolean {
  const name = partOf(state, callId)?.toolName
  return [...contextOf(client).tools].some(([registered]) => registered === name)
}

/** The calls that are left to `onToolCall` and `addToolOutput`. */
export function callsForPage(client: LoaclClient, state: ThreadState): ToolPart[] {
  const calls = waitingCalls(state).filter(({ kind, status }) => kind === 'page' && status === 'approved')
  const left = calls.filter(({ id }) => !answered.get(contextOf(client))?.has(id) && !isRegistered(client, state, id))
  return left.flatMap(({ id }) => partOf(state, id) ?? [])
}

/** Whether a turn that waits goes on without anything that the visitor or `addToolOutput` is to do. */
export function goesOnByItself(client: LoaclClient, state: ThreadState): boolean {
  const open = waitingCalls(state).filter(({ status }) => !/^(denied|done)$/.test(status))
  const isAsking = open.some(({ status }) => status === 'pending')
  return open.length > 0 && !isAsking && callsForPage(client, state).length === 0
}

/**
 * Claims a call of the page's, as `registerTool` does, and tells what came of it. Where another tab has it, or its time is
 * over, that counts. Then the thread is as the server has it.
 */
export async function answerPageCall(
  client: LoaclClient,
  thread: Thread,
  part: AnsweredCall,
  signal: AbortSignal | undefined,
): Promise<void> {
  const context = { client: contextOf(client) }
  const { toolCallId } = part
  try {
    await post<ClaimedCall>(context, `${pathOf(toolCallId)}/claim`, { tab }, 'expiresAt', signal)
    const work = () => {
      if (part.state === 'output-error') throw new Error(part.errorText)
      return part.output
    }
    const outcome = await runTool(work, {}, signal ?? new AbortController().signal)
    await sendOutcome(context, toolCallId, tab, outcome, signal)
  } catch (error) {
    if (!hasCode(error, 'execution_decided') && !hasCode(error, 'execution_not_found')) throw error
  }
  const known = answered.get(context.client) ?? new Set()
  answered.set(context.client, known.add(toolCallId))
  await thread.load({ signal })
}
