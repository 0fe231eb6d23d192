import { expect } from 'vitest'
import type { Answer, Caller } from '../support/api.ts'
import type { World } from '../support/world.ts'

interface Events {
  thread: { id: string; title: string | null; status: string }
  activeTurnId: string | null
  items: { number: number; kind: string; messageId: string | null; turnId: string | null }[]
  lastEvent: number
}

/** What those who have a thread open elsewhere ask. */
export const createEventCalls = ({ api }: World) => {
  const listEvents = (threadId: string, caller: Caller, after?: number | null): Promise<Answer> =>
    api.rpc('list_events', { thread_id: threadId, ...(after === undefined ? {} : { after }) }, caller)
  return {
    listEvents,
    async read(threadId: string, caller: Caller, after?: number): Promise<Events> {
      const { status, body } = await listEvents(threadId, caller, after)
      expect({ status, body }).toMatchObject({ status: 200 })
      return body as Events
    },
    async kinds(threadId: string, caller: Caller, after?: number): Promise<string[]> {
      const { body } = await listEvents(threadId, caller, after)
      return (body as Events).items.map(({ kind }) => kind)
    },
  }
}
