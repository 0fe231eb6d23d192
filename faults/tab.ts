import type { LoaclClient, Thread, Turn, TurnState } from '@loacl/core'
import { createModel } from '../packages/widget/src/model.ts'
import type { Model } from '../packages/widget/src/model_types.ts'
import type { TabMemory } from '../packages/widget/src/tab_memory.ts'

/** A page of the visitor's: the widget, but for how it looks. */
export interface Tab {
  readonly client: LoaclClient
  readonly model: Model
  /** What outlives a reload. */
  readonly memory: ReadonlyMap<string, string>
}

/** @param remembered of the page that stood in this tab before */
export function createTab(client: LoaclClient, remembered: ReadonlyMap<string, string> = new Map()): Tab {
  const values = new Map(remembered)
  const memory: TabMemory = {
    get: (name) => values.get(name) ?? null,
    set: (name, value) => void (value === null ? values.delete(name) : values.set(name, value)),
    write: () => {},
  }
  return { client, model: createModel({ client, memory, emit: () => {} }), memory: values }
}

/** The conversation that is shown. */
export const threadOf = ({ client, model }: Tab): Thread => client.threads.get(model.getSnapshot().thread.id)

/** Whether nothing comes unless the visitor does something: it is over, or waits for their yes or no. */
export const isAtRest = (turn: TurnState): boolean =>
  turn.status === 'waiting'
    ? turn.calls.every(({ status }) => status === 'done' || status === 'denied') ||
      turn.calls.some(({ status }) => status === 'pending')
    : !('turn' in turn)

/** The turn under way in it. */
export function turnOf({ model }: Tab): Turn | null {
  const { turn } = model.getSnapshot().thread
  return 'turn' in turn ? turn.turn : null
}

/** The page goes, and says so to nobody. */
export function closeTab({ client, model }: Tab): void {
  model.dispose()
  client.dispose()
}
