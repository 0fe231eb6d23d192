import type { StreamPart, ToolError, WaitingCall } from '@loacl/wire'
import type { Clock } from './clock.ts'

/** A call of a tool, as the model asks for it, and what its owner has declared of the tool. */
export interface ToolCall {
  /** The tool's. */
  name: string
  arguments?: Readonly<Record<string, unknown>> | undefined
  /** Who runs it: the owner's server, or the page by `registerTool`. Default: `server`. */
  kind?: 'server' | 'page' | undefined
  /** Whether the visitor is asked first. */
  asks?: boolean | undefined
  /** The tool's name for visitors. */
  title?: string | undefined
  /** What a server's tool gives, as far as visitors see it. Default: `null`. */
  output?: unknown
  /** Why a server's tool gives nothing. */
  error?: ToolError | undefined
}

export interface TestCall extends ToolCall {
  readonly id: string
  kind: 'server' | 'page'
  status: WaitingCall['status']
  expiresAt: string | null
  /** Stands for the arguments that an approval is for. */
  digest: string
  /** What the visitor has decided, where they were asked. */
  wasApproved?: boolean
  /** The tab that has claimed it, and what the page gave. */
  tab: string | null
  result?: unknown
}

const DAY_MS = 86_400_000
/** How long a page has to claim a call, and to run it. */
export const PAGE_MS = 10_000

export function newTestCall(call: ToolCall, clock: Clock): TestCall {
  const { kind = 'server', asks = false } = call
  const id = crypto.randomUUID()
  return {
    ...call,
    id,
    kind,
    status: asks ? 'pending' : kind === 'page' ? 'approved' : 'done',
    expiresAt: asks ? clock.later(DAY_MS) : kind === 'page' ? clock.later(PAGE_MS) : null,
    digest: `digest-of-${id}`,
    tab: null,
  }
}

export const toWaitingCall = ({ id, kind, status, expiresAt }: TestCall): WaitingCall => ({
  id,
  kind,
  status,
  expiresAt: status === 'denied' || status === 'done' ? null : expiresAt,
})

/** Whether the turn waits for it. */
export const isAwaited = ({ kind, status }: TestCall): boolean =>
  status === 'pending' || status === 'running' || (kind === 'page' && status === 'approved')

export const askingParts = (call: TestCall): StreamPart[] => [
  {
    type: 'tool-input-available',
    toolCallId: call.id,
    toolName: call.name,
    input: call.asks ? (call.arguments ?? {}) : {},
    dynamic: true,
    ...(call.title !== undefined && { title: call.title }),
    toolMetadata: {
      kind: call.kind,
      ...(call.title !== undefined && { titles: { en: call.title } }),
      ...(call.asks && { expiresAt: call.expiresAt!, argumentsDigest: call.digest }),
    },
  },
  ...(call.asks ? [{ type: 'tool-approval-request' as const, toolCallId: call.id, approvalId: call.id }] : []),
]

/** What has become of it. */
export function endingParts({ id, asks, status, error, output = null }: TestCall): StreamPart[] {
  if (status === 'denied') return [{ type: 'tool-output-denied', toolCallId: id }]
  const end: StreamPart = error
    ? { type: 'tool-output-error', toolCallId: id, errorText: error, dynamic: true }
    : { type: 'tool-output-available', toolCallId: id, output, dynamic: true }
  return asks && status !== 'pending'
    ? [{ type: 'tool-approval-response', approvalId: id, approved: true }, end]
    : [end]
}
