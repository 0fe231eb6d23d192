import { setTimeout as delay } from 'node:timers/promises'
import { lineOf, type Tab, type Visitor } from './visitor.ts'
import { LEASE_MS } from './world/limits.ts'
import { readState, type StoredState } from './checks/stored_state.ts'

/** What is there when nothing more is to come, before the visitor goes on. */
export interface Observation {
  stored: StoredState
  /** What pages show, and what they would show if they were loaded again now. */
  views: { shown: readonly string[]; reloaded: readonly string[]; isLost: boolean }[]
}

/** The next look at a turn whose worker has died is nobody's, for as long as its lease and some seconds more. */
const TURN_ENDS_MS = LEASE_MS + 7_000
/** After its answer, a turn stores follow-ups. */
const SETTLED_MS = 4_000

/** Waits until every turn has ended and nothing is reserved, or for as long as that may take. */
export async function observe(visitor: Visitor): Promise<Observation> {
  // A request that its page has left is on its way to the database.
  await delay(500)
  const began = performance.now()
  let stored = await readState(visitor)
  let endedAt = Infinity
  for (;;) {
    const now = performance.now()
    const isOpen =
      stored.turns.some(({ state }) => state === 'running') || visitor.traces.some(({ asking }) => asking > 0)
    if (!isOpen && endedAt === Infinity) endedAt = now
    if (!isOpen && stored.reservations === 0) break
    if (now > (isOpen ? began + TURN_ENDS_MS : endedAt + SETTLED_MS)) break
    await delay(300)
    stored = await readState(visitor)
  }
  const tabs = [visitor.tab, ...visitor.otherTabs].filter((tab): tab is Tab => tab !== null)
  // Whoever turns to another page of theirs has it brought up to date. Node has no pages to turn to.
  if (tabs.length > 1) await Promise.all(tabs.map(({ thread }) => thread.load().catch(() => undefined)))
  const views = await Promise.all(tabs.map((tab) => compareWithReload(visitor, tab)))
  return { stored, views }
}

/** What a page shows, and what one shows that is loaded again. */
export async function compareWithReload(visitor: Visitor, tab: Tab): Promise<Observation['views'][number]> {
  const { id, messages, turn } = tab.thread.getSnapshot()
  const reloaded: Tab = await visitor.openTab()
  const thread = reloaded.client.threads.get(id)
  const isThere = await thread.load().then(
    () => true,
    () => false,
  )
  const view = {
    shown: messages.map(lineOf),
    reloaded: isThere ? thread.getSnapshot().messages.map(lineOf) : [],
    isLost: turn.status === 'failed',
  }
  reloaded.client.dispose()
  return view
}
