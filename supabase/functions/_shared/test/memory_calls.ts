import type { DataParts, WaitingCall } from '@loacl/wire'
import type { Call, Tool } from '../domain/tools/tool.ts'
import type { CallEnd, CallToBegin, Decision, PageAnswer } from '../domain/tools/tool_store.ts'
import { fault } from './memory_turn.ts'

interface MemoryCall extends Call {
  turnId: string
  step: number
  claimedBy: string | null
  costUsd: number | null
}

/** Calls of a `MemoryStore`, and the tools of its assistant. A test says which of them need no approval. */
export class MemoryCalls {
  tools: Tool[] = []
  /** Whether the owner's settings let a call run without being asked about. */
  isApproved: (tool: Tool) => boolean = () => false
  readonly all: MemoryCall[] = []

  of(turnId: string, step: number): MemoryCall[] {
    return this.all.filter((call) => call.turnId === turnId && call.step === step)
  }

  begin(turnId: string, step: number, calls: readonly CallToBegin[]): Call[] {
    for (const asked of calls) {
      if (this.of(turnId, step).some(({ callId }) => callId === asked.callId)) continue
      const tool = this.tools.find(({ id }) => id === asked.toolId)
      const { errorCode } = asked
      const id = crypto.randomUUID()
      const earlier = this.#findEarlier(turnId, asked)
      const isApproved = tool !== undefined && this.isApproved(tool) && !earlier
      const running = tool?.kind === 'page' ? 'approved' : 'executing'
      const status = errorCode ? 'cancelled' : isApproved ? running : 'pending'
      this.all.push({
        id,
        turnId,
        step,
        callId: asked.callId,
        toolId: asked.toolId,
        name: asked.name,
        kind: tool?.kind ?? null,
        arguments: asked.arguments,
        argumentsDigest: asked.argumentsDigest,
        status,
        result: null,
        errorCode,
        errorMessage: null,
        expiresAt:
          status === 'pending'
            ? inMs(tool!.approvalSeconds * 1_000)
            : status === 'approved'
              ? inMs(tool!.timeoutMs)
              : null,
        // The same question, asked of a tool that may be called again.
        idempotencyKey: (tool?.isIdempotent && earlier?.idempotencyKey) || id,
        approvedBy: status === 'executing' || status === 'approved' ? 'settings' : null,
        claimedBy: null,
        costUsd: null,
      })
    }
    return this.of(turnId, step).map(toCall)
  }

  end(id: string, { result, errorCode, errorMessage, costUsd }: CallEnd): Call {
    const call = this.#find(id)
    if (call.status !== 'executing') throw fault('turn_lease_lost')
    Object.assign(call, { status: errorCode ? 'failed' : 'completed', result, errorCode, errorMessage, costUsd })
    return toCall(call)
  }

  run(turnId: string, step: number): Call[] {
    for (const call of this.of(turnId, step)) {
      const tool = this.tools.find(({ id }) => id === call.toolId)
      if (call.kind === 'page') continue
      if (call.status === 'approved') Object.assign(call, tool ? { status: 'executing' } : CHANGED)
    }
    return this.of(turnId, step).map(toCall)
  }

  decide(id: string, { approved, argumentsDigest, reason }: Decision): MemoryCall {
    const call = this.#find(id)
    if (call.argumentsDigest !== argumentsDigest) throw fault('execution_not_found')
    if (call.errorCode === 'expired' || (call.status === 'pending' && isOver(call))) throw fault('approval_expired')
    if (call.status !== 'pending') {
      if ((call.errorCode === 'denied') === approved || !(approved ? call.approvedBy === 'visitor' : true))
        throw fault('execution_decided')
      return call
    }
    const timeoutMs = this.tools.find((tool) => tool.id === call.toolId)?.timeoutMs ?? 0
    const isPage = call.kind === 'page'
    Object.assign(
      call,
      approved
        ? { status: 'approved', approvedBy: 'visitor', expiresAt: isPage ? inMs(timeoutMs) : call.expiresAt }
        : { status: 'cancelled', errorCode: 'denied', errorMessage: reason },
    )
    return call
  }

  claim(id: string, tab: string) {
    const call = this.#find(id)
    const isFree = call.status === 'approved' || (call.status === 'executing' && call.claimedBy === tab)
    if (call.kind !== 'page' || !isFree) throw fault('execution_decided')
    Object.assign(call, { status: 'executing', claimedBy: tab })
    return { arguments: call.arguments!, expiresAt: call.expiresAt! }
  }

  answer(id: string, tab: string, answer: PageAnswer): MemoryCall {
    const call = this.#find(id)
    const tool = this.tools.find((each) => each.id === call.toolId)
    if (call.status !== 'executing' || call.claimedBy !== tab) throw fault('execution_decided')
    if (JSON.stringify(answer).length > (tool?.maxResultBytes ?? 0)) throw fault('tool_result_too_large')
    Object.assign(
      call,
      'error' in answer
        ? { status: 'failed', errorCode: 'tool_failed' }
        : { status: 'completed', result: answer.output },
    )
    return call
  }

  /** Ends what a page has not run in time. Gives whether an approval is too late. */
  expire(turnId: string): boolean {
    const late = this.all.filter((call) => call.turnId === turnId && isOver(call))
    for (const call of late)
      if (call.kind === 'page' && call.status === 'approved')
        Object.assign(call, { status: 'cancelled', errorCode: 'page_unavailable' })
      else if (call.kind === 'page' && call.status === 'executing')
        Object.assign(call, { status: 'failed', errorCode: 'unknown' })
    return late.some(({ status }) => status === 'pending')
  }

  /** The turn has ended. */
  close(turnId: string, errorCode: Call['errorCode']): void {
    for (const call of this.all)
      if (call.turnId === turnId && !hasEnded(call))
        Object.assign(
          call,
          call.status === 'executing' ? { status: 'failed', errorCode: 'unknown' } : { status: 'cancelled', errorCode },
        )
  }

  isWaiting(turnId: string, step: number): boolean {
    return this.of(turnId, step).some(
      ({ status, kind }) =>
        status === 'pending' || (kind === 'page' && (status === 'approved' || status === 'executing')),
    )
  }

  waiting(messageId: string, turnId: string, step: number, expiresAt: string): DataParts['waiting'] {
    return { messageId, step, expiresAt, calls: this.of(turnId, step).flatMap(toWaiting) }
  }

  /** As if its time were over. */
  expireCall(id: string): void {
    this.#find(id).expiresAt = inMs(-1)
  }

  turnOf(id: string): string {
    return this.#find(id).turnId
  }

  #find(id: string): MemoryCall {
    const call = this.all.find((each) => each.id === id)
    if (!call) throw fault('execution_not_found')
    return call
  }

  #findEarlier(turnId: string, { name, argumentsDigest }: CallToBegin): MemoryCall | undefined {
    return this.all.find(
      (call) =>
        call.turnId !== turnId &&
        call.name === name &&
        call.argumentsDigest === argumentsDigest &&
        ['executing', 'completed', 'failed'].includes(call.status),
    )
  }
}

const CHANGED = { status: 'cancelled', errorCode: 'tool_changed' }

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()
const isOver = ({ expiresAt }: Call): boolean => expiresAt !== null && Date.parse(expiresAt) <= Date.now()
const hasEnded = ({ status }: Call): boolean => ['completed', 'failed', 'cancelled'].includes(status)

const OWN = ['turnId', 'step', 'claimedBy', 'costUsd']
const toCall = (call: MemoryCall): Call =>
  Object.fromEntries(Object.entries(call).filter(([name]) => !OWN.includes(name))) as unknown as Call

function toWaiting({ id, kind, status, errorCode, expiresAt }: Call): WaitingCall[] {
  if (!kind) return []
  const of = {
    pending: 'pending',
    approved: 'approved',
    executing: 'running',
    completed: 'done',
    failed: 'done',
    cancelled: errorCode === 'denied' ? 'denied' : 'done',
  } as const
  return [{ id, kind, status: of[status], expiresAt }]
}
