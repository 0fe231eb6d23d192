import { createHash, randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import { expect } from 'vitest'
import { type Answer } from '../support/api.ts'
import type { BegunTurn, TurnKey, World } from '../support/world.ts'
import { stepOutcome } from '../turns/turn_calls.ts'

export interface AskedCall {
  callId: string
  name: string
  toolId: string | null
  /** Of the tool as its worker has it; left out by a worker that is older than this. */
  toolDigest?: string
  arguments: Record<string, unknown> | null
  argumentsDigest: string
  errorCode: string | null
}

/** A call as the functions get it. */
export interface Call {
  id: string
  callId: string
  toolId: string | null
  name: string
  kind: string | null
  arguments: unknown
  status: string
  result: unknown
  errorCode: string | null
  errorMessage: string | null
  expiresAt: string | null
  idempotencyKey: string
  approvedBy: 'settings' | 'visitor' | null
}

export interface Tool {
  id: string
  name: string
}

export const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** A model's call of a tool, as the functions have checked it. */
export const asked = (tool: Tool, args: Record<string, unknown> = { order: 7 }, change: object = {}): AskedCall => ({
  callId: `call_${randomUUID()}`,
  name: tool.name,
  toolId: tool.id,
  arguments: args,
  argumentsDigest: digestOf(args),
  errorCode: null,
  ...change,
})

/** Tools, and what the functions, and the visitor through them, ask about their calls. */
export function createToolCalls(world: World) {
  const { api, sql, asServer } = world

  async function addTool(assistantId: string, settings: Record<string, unknown> = {}): Promise<Tool> {
    const [tool] = await sql<Tool[]>`
      insert into loacl.assistant_tools ${sql({
        assistant_id: assistantId,
        name: 'look_up',
        kind: 'server',
        ...(settings['kind'] === undefined ? { endpoint: 'https://tools.test/look_up' } : {}),
        ...settings,
      } as Record<string, postgres.SerializableParameter>)} returning id, name
    `
    return tool!
  }

  /** Names tools whose calls run without anybody being asked. */
  const approve = (assistantId: string, settings: Record<string, unknown>) =>
    sql`
      insert into loacl.auto_approval_settings ${sql({ assistant_id: assistantId, ...settings } as Record<string, postgres.SerializableParameter>)}
      on conflict (assistant_id) do update set specific_tools = excluded.specific_tools
    `
  const beginCalls = ({ id, lease }: TurnKey, calls: readonly AskedCall[], step = 1): Promise<Answer> =>
    api.rpc('begin_calls', { turn_id: id, lease, step, calls }, asServer())
  /** Begins calls, or fails the test. */
  async function begin(turn: TurnKey, calls: readonly AskedCall[], step = 1): Promise<Call[]> {
    const { status, body } = await beginCalls(turn, calls, step)
    expect({ status, body }).toMatchObject({ status: 200 })
    return body.calls as Call[]
  }
  const wait = ({ id, lease }: TurnKey, outcome: object = stepOutcome('So far')): Promise<Answer> =>
    api.rpc('wait_turn', { turn_id: id, lease, wait_ms: 86_400_000, outcome }, asServer())

  /** A turn that has asked for these calls, and waits. */
  async function startWaiting(
    assistantId: string,
    token: string,
    calls: readonly AskedCall[],
  ): Promise<BegunTurn & { calls: Call[] }> {
    const begun = await world.ask(assistantId, token)
    const begunCalls = await begin(begun.turn, calls)
    expect((await wait(begun.turn)).body).toMatchObject({ state: 'waiting' })
    return { ...begun, calls: begunCalls }
  }

  return {
    addTool,
    approve,
    beginCalls,
    begin,
    wait,
    startWaiting,
    runCalls: ({ id, lease }: TurnKey, step = 1) => api.rpc('run_calls', { turn_id: id, lease, step }, asServer()),
    endCall: ({ id, lease }: TurnKey, call: { id: string }, outcome: object) =>
      api.rpc('end_call', { turn_id: id, lease, execution_id: call.id, outcome }, asServer()),
    decide: (call: { id: string }, approved: boolean, token: string | undefined, change: object = {}) =>
      api.rpc(
        'decide_call',
        { execution_id: call.id, approved, arguments_digest: digestOf({ order: 7 }), ...change },
        asServer(token),
      ),
    claim: (call: { id: string }, tab: string, token: string) =>
      api.rpc('claim_call', { execution_id: call.id, tab }, asServer(token)),
    answer: (call: { id: string }, tab: string, answer: object, token: string) =>
      api.rpc('answer_call', { execution_id: call.id, tab, answer }, asServer(token)),
    continueTurn: ({ id }: TurnKey, token: string) => api.rpc('continue_turn', { turn_id: id }, asServer(token)),
    resume: ({ id }: TurnKey, token: string, step = 1, lease: string = randomUUID()) =>
      api.rpc('resume_turn', { turn_id: id, step, lease, deadline_ms: 65_000 }, asServer(token)),
    stop: ({ id }: TurnKey, token: string) => api.rpc('stop_turn', { turn_id: id }, asServer(token)),
    /** Whole rows of a turn's calls, oldest first. */
    rowsOf: ({ id }: TurnKey) => sql`select * from loacl.tool_executions where turn_id = ${id} order by created_at`,
    /** As if the time of a call were over. */
    expireCall: async (call: { id: string }) => {
      await sql`update loacl.tool_executions set expires_at = now() where id = ${call.id}`
      await sql`
        update loacl_private.turns t set wait_expires_at = now()
        from loacl.tool_executions e where e.id = ${call.id} and e.status = 'pending' and t.id = e.turn_id and t.state = 'waiting'
      `
    },
  }
}
