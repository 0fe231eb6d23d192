import { type TurnKey, type World } from '../support/world.ts'

export const leaseLost = { status: 409, body: { message: 'turn_lease_lost' } }
export const delta = (text: string) => ({ type: 'text-delta', id: '0', delta: text })

/** What the functions, and the visitor through them, ask of a turn that has begun. */
export const createTurnCalls = ({ api, sql, asServer }: World) => ({
  append: ({ id, lease }: TurnKey, seq: number, parts: unknown[]) =>
    api.rpc('append_turn_parts', { turn_id: id, lease, seq, parts }, asServer()),
  read: ({ id }: TurnKey, afterSeq: number, token: string) =>
    api.rpc('read_turn_parts', { turn_id: id, after_seq: afterSeq }, asServer(token)),
  stop: ({ id }: TurnKey, token: string) => api.rpc('stop_turn', { turn_id: id }, asServer(token)),
  listMessages: async (threadId: string, token: string) =>
    (await api.rpc('list_messages', { thread_id: threadId }, { token })).body,
  /** As if its worker had said nothing for a while. */
  abandon: ({ id }: TurnKey) => sql`update loacl_private.turns set lease_expires_at = now() where id = ${id}`,
})
