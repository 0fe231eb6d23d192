import { LoaclError, type Message } from '@loacl/core'
import { FILE_URL } from '@loacl/wire'
import { setTimeout as delay } from 'node:timers/promises'
import { closeTab, threadOf, type Tab } from './tab.ts'
import { lineOf, type Visitor } from './visitor.ts'
import type { Plan } from './plan.ts'
import { LEASE_MS } from './world/limits.ts'
import { readState, type StoredState } from './checks/stored_state.ts'

/** What is there when nothing more is to come, before the visitor goes on. */
export interface Observation {
  stored: StoredState
  /** What pages show, and what they would show if they were loaded again now. */
  views: View[]
  /** All that pages held, before they were brought up to date. */
  atRest: string[]
}

interface View {
  shown: readonly string[]
  reloaded: readonly string[]
  /** Messages on the page that never came to be stored. */
  unsent: readonly Unsent[]
  /** What stands in the composer of the one that is loaded again. */
  composer: { texts: readonly string[]; files: readonly string[] }
  isLost: boolean
  /** Its composer has a question again that came to be stored meanwhile: one press shows the answer. */
  isRestored: boolean
}

interface Unsent {
  text: string
  /** Their ids. */
  files: readonly string[]
  /** As a page shows it once it is stored. */
  line: string
}

/** Those of several messages that were put back into the composer together. */
export const textsIn = (draft: string): string[] => draft.split('\n\n')

/** The next look at a turn whose worker has died is nobody's, for as long as its lease and some seconds more. */
const TURN_ENDS_MS = LEASE_MS + 15_000
/** After its answer, a turn stores follow-ups. */
const SETTLED_MS = 4_000
/** What is moderated before it is stored is checked twice, for four seconds each. */
const CHECKED_MS = 8_000

/** What anybody's next question to the assistant does at turns that nobody looks at. */
const endLeft = ({ world: { sql }, assistant }: Visitor) =>
  // The database may be away.
  sql`select loacl_private.end_left_turns(${assistant.id}, 100)`.catch(() => undefined)

/** The same at what they reserve, a minute later: nobody makes follow-ups any more whose worker has died. */
async function settleLeft({ world: { sql }, assistant }: Visitor): Promise<void> {
  await sql`
    update loacl_private.turns set ended_at = ended_at - interval '1 minute'
    where state = 'completed' and thread_id in (select id from loacl.threads where assistant_id = ${assistant.id})
  `
  await sql`select loacl_private.settle_left_turns(${assistant.id}, 100)`
}

/** Waits until every turn has ended and nothing is reserved, or for as long as that may take. */
export async function observe(visitor: Visitor, { ability }: Plan): Promise<Observation> {
  const settledMs = SETTLED_MS + (ability.settings?.moderates_output ? CHECKED_MS : 0)
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
    if (now > (isOpen ? began + TURN_ENDS_MS : endedAt + settledMs)) break
    await delay(300)
    await endLeft(visitor)
    stored = await readState(visitor)
  }
  if (stored.reservations > 0) {
    await settleLeft(visitor)
    stored = await readState(visitor)
  }
  const tabs = [visitor.tab, ...visitor.otherTabs].filter((tab): tab is Tab => tab !== null)
  const atRest = tabs.map(holds)
  // Whoever turns to another page of theirs has it brought up to date. Node has no pages to turn to.
  if (tabs.length > 1)
    await Promise.all(
      tabs.map((tab) =>
        threadOf(tab)
          .load()
          .catch(() => undefined),
      ),
    )
  const views = await Promise.all(tabs.map((tab) => compareWithReload(visitor, tab)))
  return { stored, views, atRest }
}

/** All that a page holds, as text. */
export const holds = ({ model }: Tab): string => JSON.stringify(model.getSnapshot())

/** The run's own look, to which nothing is done: a database that is too busy for it is asked again. */
async function openPatiently(visitor: Visitor, remembered: Tab['memory'], tries = 10): Promise<Tab> {
  try {
    return await visitor.openTab(remembered)
  } catch (error) {
    if (tries === 0 || !LoaclError.is(error) || (error.status ?? 0) < 500) throw error
    await delay(500)
    return openPatiently(visitor, remembered, tries - 1)
  }
}

export const isUnsent = ({ role, status }: Message): boolean =>
  role === 'user' && (status === 'failed' || status === 'sending')

const toUnsent = (message: Message): Unsent => ({
  text: message.content,
  files: message.parts.flatMap((part) => (part.type === 'file' ? part.url.replace(FILE_URL, '') : [])),
  line: lineOf({ ...message, status: 'completed', errorCode: null }),
})

/** What a page shows, and what one shows that is loaded again. */
export async function compareWithReload(visitor: Visitor, tab: Tab): Promise<View> {
  const { thread: shown, restored } = tab.model.getSnapshot()
  const { messages, turn } = shown
  const reloaded = await openPatiently(visitor, tab.memory)
  const { thread, draft, attached } = reloaded.model.getSnapshot()
  const view = {
    shown: messages.filter((message) => !isUnsent(message)).map(lineOf),
    reloaded: thread.messages.map(lineOf),
    unsent: messages.filter(isUnsent).map(toUnsent),
    composer: { texts: textsIn(draft), files: attached.map(({ id }) => id ?? '') },
    isLost: turn.status === 'failed',
    isRestored: restored,
  }
  closeTab(reloaded)
  return view
}
