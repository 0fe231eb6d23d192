import { randomUUID } from 'node:crypto'
import { type TurnKey, type World } from '../support/world.ts'

export const leaseLost = { status: 409, body: { message: 'turn_lease_lost' } }
export const delta = (text: string) => ({ type: 'text-delta', id: '0', delta: text })

/** What a step said, and what it used. */
export const stepOutcome = (content: string, usage: object | null = null) => ({
  parts: content === '' ? [] : [{ type: 'text', text: content }],
  content,
  providerItems: [{ type: 'reasoning', encrypted_content: content }],
  responseId: 'resp_1',
  model: 'gpt-6-luna',
  usage,
})

/** What the functions, and the visitor through them, ask of a turn that has begun. */
export const createTurnCalls = ({ api, sql, asServer }: World) => ({
  append: ({ id, lease }: TurnKey, seq: number, parts: unknown[]) =>
    api.rpc('append_turn_parts', { turn_id: id, lease, seq, parts }, asServer()),
  read: ({ id }: TurnKey, afterSeq: number, token: string) =>
    api.rpc('read_turn_parts', { turn_id: id, after_seq: afterSeq }, asServer(token)),
  stop: ({ id }: TurnKey, token: string) => api.rpc('stop_turn', { turn_id: id }, asServer(token)),
  beginStep: ({ id, lease }: TurnKey, step: number, outcome: object | null, input: unknown[] = []) =>
    api.rpc('begin_step', { turn_id: id, lease, step, input, outcome }, asServer()),
  wait: ({ id, lease }: TurnKey, outcome: object = stepOutcome('So far'), waitMs = 60_000) =>
    api.rpc('wait_turn', { turn_id: id, lease, wait_ms: waitMs, outcome }, asServer()),
  resume: ({ id }: TurnKey, token: string, step = 1, lease: string = randomUUID()) =>
    api.rpc('resume_turn', { turn_id: id, step, lease, deadline_ms: 65_000 }, asServer(token)),
  /** As if it had waited as long as it may. */
  expire: ({ id }: TurnKey) => sql`update loacl_private.turns set wait_expires_at = now() where id = ${id}`,
  listMessages: async (threadId: string, token: string) =>
    (await api.rpc('list_messages', { thread_id: threadId }, { token })).body,
  /** As if its worker had said nothing for a while. */
  abandon: ({ id }: TurnKey) => sql`update loacl_private.turns set lease_expires_at = now() where id = ${id}`,
})
