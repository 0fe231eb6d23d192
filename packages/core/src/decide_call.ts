import type { CallAnswer, ToolPart } from '@loacl/wire'
import type { ActionTools } from './follow_threads.ts'
import { post, refresh, showAnswer } from './call_requests.ts'
import { LoaclError } from './errors.ts'
import type { ThreadContext } from './thread_context.ts'
import type { Abortable } from './types.ts'
import { askFirst } from './waiting_calls.ts'

export async function approve(
  thread: ThreadContext,
  tools: ActionTools,
  callId: string,
  options?: Abortable,
): Promise<void> {
  await decide(thread, tools, callId, { approved: true }, options)
}

export async function deny(
  thread: ThreadContext,
  tools: ActionTools,
  callId: string,
  reason?: string,
  options?: Abortable,
): Promise<void> {
  await decide(thread, tools, callId, { approved: false, ...(reason && { reason }) }, options)
}

async function decide(
  thread: ThreadContext,
  tools: ActionTools,
  callId: string,
  decision: { approved: boolean; reason?: string },
  { signal }: Abortable = {},
): Promise<void> {
  const argumentsDigest = findCall(thread, callId)?.toolMetadata?.argumentsDigest
  if (argumentsDigest === undefined) throw new LoaclError('execution_not_found')
  const turnId = thread.activeTurnId
  const path = `calls/${encodeURIComponent(callId)}/decision`
  try {
    const answer = await post<CallAnswer>(thread, path, { ...decision, argumentsDigest }, 'turnId', signal)
    if (turnId) askFirst(thread, turnId)
    await showAnswer(thread, tools, answer)
  } catch (error) {
    if (/^(execution|approval)_/.test((error as LoaclError).code)) await refresh(thread, tools)
    throw error
  }
}

const findCall = (thread: ThreadContext, callId: string): ToolPart | undefined =>
  thread
    .state()
    .messages.flatMap(({ parts }) => parts)
    .find((part): part is ToolPart => part.type === 'dynamic-tool' && part.toolCallId === callId)
