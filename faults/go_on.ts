import { remedyOf, type ErrorCode, type LoaclError, type TurnResult } from '@loacl/core'
import { decide, reload } from './list/acts.ts'
import { compareWithReload, holds, isUnsent, type Observation } from './observe.ts'
import { textOf } from './visitor.ts'
import { threadOf, type Tab } from './tab.ts'
import type { Visitor } from './visitor.ts'

/** How the visitor went on, once nothing more went wrong. */
export interface Going {
  /** What the visitor was told, in order. */
  codes: ErrorCode[]
  /** How often they had to press "try again". */
  presses: number
  /** How the next question was answered. */
  last: TurnResult | null
  error: LoaclError | null
  view: Observation['views'][number] | null
  /** All that their page held then. */
  atRest: string | null
}

const MOST_PRESSES = 3
const PRESSED: ReadonlySet<string> = new Set(['try_again', 'nothing', 'wait'])

/** Comes back where the page is gone, tries again what failed, and asks the next question. */
export async function goOn(visitor: Visitor): Promise<Going> {
  // Those have had their time.
  const already = visitor.pending.length
  const going: Going = { codes: [...visitor.told], presses: 0, last: null, error: null, view: null, atRest: null }
  try {
    await repeatAct(visitor, going)
    let tab = (visitor.tab ??= await visitor.openTab(visitor.remembered))
    // The visitor waits for an answer that is still being written.
    visitor.pending.splice(0, already)
    await visitor.settled()
    // A page that has deleted its conversation, or is another visitor's now, begins a new one.
    const isOver = visitor.hasLeft
    if (!isOver) for (const one of [tab, ...visitor.otherTabs]) await tryAgain(visitor, one, going)
    if (!isOver && visitor.stopped === null) {
      await decide(visitor, tab, true)
      await visitor.settled()
    }
    if (!isOver && hasLeftOne(tab)) {
      await reload(visitor)
      tab = visitor.tab
      await sendRestored(visitor, tab, going)
    }
    if (isOver || isThreadOver(tab)) {
      tab.model.newThread()
      // What they wrote to a conversation that is gone.
      await sendRestored(visitor, tab, going)
    }
    going.last = await visitor.ask(visitor.beginTrace()).done
    if (going.last.status === 'failed') going.codes.push(going.last.error.code)
    // Another page of theirs has gone on as well.
    if (visitor.otherTabs.length > 0) await threadOf(tab).load()
    going.atRest = holds(tab)
    going.view = await compareWithReload(visitor, tab)
  } catch (error) {
    going.error = error as LoaclError
  }
  return going
}

const isThreadOver = ({ model }: Tab): boolean => {
  const { turn } = model.getSnapshot().thread
  return turn.status === 'failed' && remedyOf(turn.error.code) === 'start_over'
}

/** Whether one that could not be sent was left for another question. */
const hasLeftOne = ({ model }: Tab): boolean => {
  const { turn, messages } = model.getSnapshot().thread
  return turn.status !== 'failed' && messages.some(isUnsent)
}

/** What the visitor did and was told to have failed, they do again. */
async function repeatAct(visitor: Visitor, going: Going): Promise<void> {
  const { act } = visitor
  if (!act?.error) return
  going.codes.push(act.error.code)
  if (act.name === 'sign-out' || act.error.code === 'disposed') return
  visitor.tab ??= await visitor.openTab(visitor.remembered)
  going.presses++
  const first = act.error
  await act.run().catch((error: LoaclError) => {
    // A conversation that was never stored can't be deleted or renamed, nor can one that is deleted already.
    if (error.code !== 'thread_not_found') throw error
    if (act.name === 'delete-thread' && first.code === 'network') visitor.hasDeleted = true
  })
}

async function tryAgain(visitor: Visitor, tab: Tab, going: Going): Promise<void> {
  await sendRestored(visitor, tab, going)
  for (let presses = 0; presses < MOST_PRESSES; presses++) {
    const { turn, messages } = tab.model.getSnapshot().thread
    if (turn.status !== 'failed') return
    going.codes.push(turn.error.code)
    if (visitor.stopped || !PRESSED.has(remedyOf(turn.error.code))) return
    going.presses++
    const question = messages.findLast(({ role }) => role === 'user')
    if (question) visitor.beginTrace(textOf(question))
    await visitor.retry(tab)?.done
  }
}

/** A question that never came to be stored stands in the composer after a reload, with its files. */
async function sendRestored(visitor: Visitor, tab: Tab, going: Going): Promise<void> {
  const { draft, attached } = tab.model.getSnapshot()
  const text = draft || attached[0]?.name
  if (!text || visitor.stopped) return
  going.presses++
  const trace = visitor.beginTrace(text)
  trace.files = visitor.files.filter(({ uploaded }) => attached.some(({ id }) => id === uploaded?.id))
  await visitor.submit(tab)?.done
}
