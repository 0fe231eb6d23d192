import type { StreamPart } from '@loacl/wire'
import type { TurnEvent } from './types.ts'

/** Makes events of parts. What a stream that begins anew repeats makes none. */
export function createTurnEvents(push: (event: TurnEvent) => void) {
  /** Characters of each kind that are in events. */
  const pushed = { text: 0, reasoning: 0 }
  /** Sources and what became of calls, as they are in events: a source that is cited again is another. */
  const told = new Set<string>()
  /** Characters of each kind that the stream is still to repeat. */
  let repeated = { ...pushed }

  return (part: StreamPart, messageId: string): void => {
    const [kind] = /^(source|tool)/.exec(part.type) ?? []
    if (part.type === 'data-turn') {
      repeated = { ...pushed }
    } else if ('delta' in part) {
      const type = part.type.slice(0, -'-delta'.length) as 'text' | 'reasoning'
      const delta = part.delta.slice(repeated[type])
      repeated[type] -= part.delta.length - delta.length
      pushed[type] += delta.length
      if (delta) push({ type, messageId, delta })
    } else if (kind) {
      const { size } = told
      if (told.add(JSON.stringify(part)).size > size) push({ type: kind, messageId, [kind]: part } as TurnEvent)
    } else if (part.type === 'data-follow-ups') {
      push({ type: 'follow-ups', ...part.data })
    } else if (part.type === 'data-title') {
      push({ type: 'title', title: part.data.title })
    }
  }
}
