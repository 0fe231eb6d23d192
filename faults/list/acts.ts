import { closeTab, threadOf, type Tab } from '../tab.ts'
import type { Visitor } from '../visitor.ts'
import { POINTS } from '../world/trace.ts'

// What several abilities are made of.

export const askFirst = async (visitor: Visitor) => visitor.ask(visitor.beginTrace()).done

export const reload = async (visitor: Visitor): Promise<void> => {
  leave(visitor)
  visitor.tab = await visitor.openTab(visitor.remembered)
}

/** To come back in the same tab of the browser. */
export const leave = (visitor: Visitor): void => {
  if (!visitor.tab) return
  visitor.remembered = visitor.tab.memory
  closeTab(visitor.tab)
  visitor.tab = null
}

export async function stop(visitor: Visitor): Promise<void> {
  const { trace, tab } = visitor
  if (trace && !trace.reached.has('model-ended') && !trace.reached.has('finish-asked')) visitor.stopped = trace
  tab?.model.stop()
}

export const openSecond = async (visitor: Visitor): Promise<void> =>
  void visitor.otherTabs.push(await visitor.openTab())

/** Answers all that a page asks about, and waits for what comes of it. */
export async function decide(visitor: Visitor, tab: Tab, approves: boolean): Promise<void> {
  const thread = threadOf(tab)
  const { turn } = thread.getSnapshot()
  if (turn.status !== 'waiting') return
  for (const { id, status } of turn.calls) {
    if (status !== 'pending') continue
    if (approves) await thread.approve(id)
    else {
      visitor.denied.add(id)
      await thread.deny(id, 'Not today.')
    }
  }
  void visitor.rest(tab)
}

export const AFTER_BEGIN = POINTS.slice(POINTS.indexOf('begin-answered'))
