import {
  createClient,
  type ClientOptions,
  type LoaclClient,
  type Readable,
  type ThreadState,
  type Turn,
  type TurnEvent,
} from '../../src/index.ts'
import { ASSISTANT, KEY, URL_OF_PROJECT, type FakeProject } from './project.ts'

/** The clock of all tests: 2026-11-22T08:00:00.000Z. */
const NOW = Date.UTC(2026, 10, 22, 8)

export const clientOf = (
  project: Pick<FakeProject, 'fetch'>,
  options: Partial<Pick<ClientOptions, 'storage' | 'auth' | 'fingerprint' | 'now'>> = {},
): LoaclClient =>
  createClient({
    url: URL_OF_PROJECT,
    key: KEY,
    assistant: ASSISTANT,
    storage: 'memory',
    fetch: project.fetch,
    now: () => NOW,
    ...options,
  })

/** Every state that a store has had, from now on. */
export function historyOf<S>(store: Readable<S>): S[] {
  const states = [store.getSnapshot()]
  store.subscribe(() => states.push(store.getSnapshot()))
  return states
}

/** What a turn tells, to its end. */
export async function eventsOf(turn: Turn): Promise<TurnEvent[]> {
  const events: TurnEvent[] = []
  for await (const event of turn) events.push(event)
  return events
}

/** `user sending "Hi"` and the like: a thread's messages in short. */
export const messagesOf = ({ messages }: ThreadState): string[] =>
  messages.map(({ role, status, content }) => `${role} ${status} "${content}"`)

/** A thread's state in one line, for histories. */
export const lineOf = (state: ThreadState): string => [state.turn.status, ...messagesOf(state)].join(' | ')

/** Without what repeats the line before. */
export const distinct = (lines: readonly string[]): string[] => lines.filter((line, at) => line !== lines[at - 1])

export function memoryStorage(initial: Record<string, string> = {}) {
  const items = new Map(Object.entries(initial))
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  }
}
