import type { ModelEvent } from '../domain/model.ts'

/** Pieces of one text that came together, as one: each is numbered, stored and sent by itself. */
export function joinDeltas(events: readonly ModelEvent[]): ModelEvent[] {
  const joined: ModelEvent[] = []
  for (const event of events) {
    const last = joined.at(-1)
    if (last && 'delta' in last && 'delta' in event && last.type === event.type && last.key === event.key)
      joined[joined.length - 1] = { ...last, delta: last.delta + event.delta }
    else joined.push(event)
  }
  return joined
}
