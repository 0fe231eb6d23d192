import type { ClaimedCall } from '@loacl/wire'
import { post, refresh, showAnswer, showCalls } from './call_requests.ts'
import { hasCode } from './error_codes.ts'
import type { ClientContext } from './client_context.ts'
import { randomId } from './random.ts'
import { runTool } from './run_tool.ts'
import { pathOf, sendOutcome } from './send_outcome.ts'
import type { ToolHandler } from './types.ts'
import { callsOf, isFirst, isHidden, type Watch } from './waiting_calls.ts'

/** How long other tabs leave a call to the one in which the visitor asked. */
const LATER_MS = 1_000

const tabs = new WeakMap<ClientContext, string>()

/** Names this tab at the server, until it is closed or reloaded. */
function tabOf(client: ClientContext): string {
  const tab = tabs.get(client) ?? randomId()
  tabs.set(client, tab)
  return tab
}

/** The tool that the page has registered for this call. */
export function toolOf({ thread: { client, state } }: Watch, callId: string): ToolHandler | undefined {
  const part = state()
    .messages.flatMap(({ parts }) => parts)
    .find((other) => other.type === 'dynamic-tool' && other.toolCallId === callId)
  return [...client.tools].findLast(([name]) => part?.type === 'dynamic-tool' && name === part.toolName)?.[1]
}

/** Runs a call in this tab, unless another one does. Never rejects. */
export async function claimCall(watch: Watch, callId: string, signal: AbortSignal): Promise<void> {
  const { thread, tools } = watch
  try {
    if (!isFirst(watch)) await pause(LATER_MS, signal)
    await alone(`loacl:call:${callId}`, signal, async () => await runClaimed(watch, callId, signal))
  } catch (error) {
    if (signal.aborted) return
    watch.tried.add(callId)
    // Another tab has it, or its time is over.
    if (!hasCode(error, 'network')) await refresh(thread, tools)
  }
}

async function runClaimed(watch: Watch, callId: string, signal: AbortSignal): Promise<void> {
  const { thread, tools } = watch
  const run = toolOf(watch, callId)
  const isWaiting = callsOf(watch).some(({ id, status }) => id === callId && status === 'approved')
  if (!run || !isWaiting || (isHidden() && !isFirst(watch))) return
  const tab = tabOf(thread.client)
  const claimed = await post<ClaimedCall>(thread, `${pathOf(callId)}/claim`, { tab }, 'expiresAt', signal)
  watch.tried.add(callId)
  const { expiresAt } = claimed
  const toRunning = callsOf(watch).map((call) =>
    call.id === callId ? { ...call, status: 'running' as const, expiresAt } : call,
  )
  showCalls(thread, toRunning)
  void tools.announceChange(thread)
  const outcome = await runTool(run, claimed.arguments, signal)
  await showAnswer(thread, tools, await sendOutcome(thread, callId, tab, outcome, signal))
}

/** Runs where no other tab of this browser does, once that has ended. Without locks the server decides alone. */
async function alone(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  let running: Promise<void> | undefined
  const begin = () => (running ??= work())
  try {
    await globalThis.navigator?.locks?.request(name, { signal }, begin)
  } catch (error) {
    // Some frames have none.
    if (running || signal.aborted) throw error
  }
  await begin()
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
