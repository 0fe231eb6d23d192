import type { CallAnswer, StreamPart, ToolPart, WaitingCall } from '@loacl/wire'
import type { LoaclClient, Thread, ThreadState } from '../../src/index.ts'
import { known, message, messagePage, question } from './followed_thread.ts'
import { begun, complete, type FakeProject, finish, IDS, json, partStream, text } from './project.ts'

/** The clock of all tests is at eight. */
const AT_NINE = '2026-11-22T09:00:00.000Z'

export const waitingCall = (change: Partial<WaitingCall> = {}): WaitingCall => ({
  id: 'call-1',
  kind: 'server',
  status: 'pending',
  expiresAt: AT_NINE,
  ...change,
})
export const pageCall = (change: Partial<WaitingCall> = {}): WaitingCall =>
  waitingCall({ kind: 'page', status: 'approved', ...change })

const digestOf = (id: string): string => `digest of ${id}`
const nameOf = (id: string): string => `tool of ${id}`

const called = ({ id, kind }: WaitingCall): StreamPart => ({
  type: 'tool-input-available',
  toolCallId: id,
  toolName: nameOf(id),
  input: { order: 17 },
  dynamic: true,
  toolMetadata: { kind, argumentsDigest: digestOf(id) },
})
const asked = (id: string): StreamPart => ({ type: 'tool-approval-request', toolCallId: id, approvalId: id })

const waitingFor = (calls: readonly WaitingCall[]) => ({
  messageId: IDS.messageId,
  step: 1,
  expiresAt: AT_NINE,
  calls,
})

/** What the answer had said when it began to wait. */
export const said = (calls: readonly WaitingCall[]): StreamPart[] => [
  ...begun(),
  text('So far'),
  ...calls.map(called),
  ...calls.filter(({ status }) => status === 'pending').map(({ id }) => asked(id)),
]

/** How a turn's stream ends where it waits. */
export const waits = (calls: readonly WaitingCall[]): StreamPart[] => [
  { type: 'data-waiting', data: waitingFor(calls) },
  { type: 'finish', finishReason: 'other' },
]

/** A turn's stream, to where it waits. */
export const toldToWait = (calls: readonly WaitingCall[]) =>
  partStream()
    .send(...said(calls), ...waits(calls))
    .done()

export const outputOf = (id: string): StreamPart => ({
  type: 'tool-output-available',
  toolCallId: id,
  output: null,
  dynamic: true,
})

/** How a turn ends that has gone on. */
export const ending: readonly StreamPart[] = [text(', so good', 't2'), complete(), finish]

export const callAnswer = (state: CallAnswer['state'], calls: readonly WaitingCall[] = []) =>
  json({ turnId: IDS.turnId, state, waiting: state === 'waiting' ? waitingFor(calls) : null }, 202)

const toolPart = ({ id, kind, status }: WaitingCall, change: Partial<ToolPart> = {}): ToolPart => ({
  type: 'dynamic-tool',
  toolCallId: id,
  toolName: nameOf(id),
  input: { order: 17 },
  toolMetadata: { kind, argumentsDigest: digestOf(id) },
  ...(status === 'pending' && { approval: { id } }),
  state: status === 'pending' ? 'approval-requested' : 'input-available',
  ...change,
})

/** The thread as it is stored while its turn waits. `asked`: as the calls were when it began to. */
export const waitingPage = (calls: readonly WaitingCall[], from: readonly WaitingCall[] = calls, lastEvent = 0) =>
  messagePage(
    [
      message(IDS.messageId, 'So far', {
        status: 'waiting',
        parts: [{ type: 'text', text: 'So far' }, ...from.map((call) => toolPart(call))],
      }),
      question,
    ],
    { activeTurnId: IDS.turnId, waiting: waitingFor(calls), lastEvent },
  )

export const endedPage = (status: 'cut' | 'completed' | 'stopped', lastEvent = 0) =>
  messagePage([message(IDS.messageId, 'So far', { status }), question], { waiting: null, lastEvent })

/** A thread in which the visitor has asked, here, and whose turn waits. */
export async function asking(
  project: FakeProject,
  client: LoaclClient,
  calls: readonly WaitingCall[],
): Promise<Thread> {
  project.on('POST turns', toldToWait(calls).answer)
  const thread = client.threads.create()
  await thread.send('Where is it?').done
  return thread
}

export { known }

/** `state` of each call that is shown. */
export const statesOf = ({ messages }: ThreadState): string[] =>
  messages.flatMap(({ parts }) => parts).flatMap((part) => (part.type === 'dynamic-tool' ? [part.state] : []))

export const callsOf = ({ turn }: ThreadState): string[] =>
  turn.status === 'waiting' ? turn.calls.map(({ id, status }) => `${id} ${status}`) : [turn.status]
