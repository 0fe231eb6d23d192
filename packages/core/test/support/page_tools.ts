import { onTestFinished } from 'vitest'
import type { ToolHandler } from '../../src/index.ts'
import { settle } from './followed_thread.ts'
import { fakeProject, json, partStream } from './project.ts'
import { asking, callAnswer, pageCall } from './waiting_calls.ts'
import { clientOf } from './watch.ts'

export const call = pageCall()
export const TOOL = 'tool of call-1'
export const CLAIM = 'POST calls/call-1/claim'
export const RESULT = 'POST calls/call-1/result'
const claimed = () => json({ arguments: { sku: 'a1' }, expiresAt: '2026-11-22T08:00:10.000Z' })

/** A project that lets this call be claimed, and goes on with the turn once it has the result. */
export const claimable = (project = fakeProject()) =>
  project
    .on(CLAIM, claimed)
    .on(RESULT, () => callAnswer('running'))
    .on('GET turns/turn-1', partStream().answer)

export async function ask(run?: ToolHandler, calls = [call], project = claimable()) {
  const client = clientOf(project, { now: Date.now })
  onTestFinished(() => client.dispose())
  if (run) client.registerTool(TOOL, run)
  const thread = await asking(project, client, calls)
  await settle(0)
  return { project, client, thread }
}

export const resultOf = (project: ReturnType<typeof fakeProject>) => project.named(RESULT).map(({ body }) => body)

/** A tool that runs until its call has ended. */
export function endless() {
  let signal: AbortSignal | undefined
  const run: ToolHandler = (_, context) => {
    signal = context.signal
    return new Promise(() => {})
  }
  return { run, isAborted: () => signal?.aborted }
}
