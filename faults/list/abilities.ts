import type { ErrorCode } from '@loacl/core'
import { closeTab, threadOf, type Tab } from '../tab.ts'
import type { Visitor } from '../visitor.ts'
import { MODERATION_FAULTS } from './moderation_faults.ts'
import { cutShort, refuse } from './model_faults.ts'
import type { Settings } from '../world/assistant.ts'
import {
  MODERATION_POINTS,
  POINTS,
  TOOL_POINTS,
  WAIT_POINTS,
  type Flagged,
  type Point,
  type Trace,
} from '../world/trace.ts'

/** Something that a visitor does with the chat. A new one is a line in `ABILITIES`. */
export interface Ability {
  name: string
  /** Of its assistant: columns of `loacl.assistants`. */
  settings?: Settings
  /** What of its turn moderation flags. */
  flagged?: Flagged
  /** Before faults come. */
  prepare?(visitor: Visitor): Promise<unknown>
  /** Whether what it asks is the first question once more. */
  again?: boolean
  /** Asks. Left out: a question, as usual. */
  ask?(visitor: Visitor, trace: Trace): unknown
  /** What the visitor does at a point of that turn, or after it where the turn doesn't come to the point. */
  act?(visitor: Visitor): Promise<void>
  /** Left out: any. */
  points?: readonly Point[]
  /** Points that its turn comes to beside those of every turn. */
  further?: readonly Point[]
  /** Whether `act` sends a request that can be lost by itself. */
  sends?: boolean
  /** Whether the model waits in the middle of its answer for what the visitor does. */
  waits?: boolean
  /** Faults that it is tried with alone. Left out: all. */
  meets?: readonly string[]
  /** What the visitor may be told because of it. */
  codes?: readonly ErrorCode[]
  /** What they may not be told, although a fault's codes have it. */
  spares?: readonly ErrorCode[]
}

const askFirst = async (visitor: Visitor) => visitor.ask(visitor.beginTrace()).done
const idAt = ({ tab }: Visitor, at: number): string => threadOf(tab!).getSnapshot().messages[at]!.id
const AFTER_BEGIN = POINTS.slice(POINTS.indexOf('begin-answered'))

/** Asks what the model calls these tools for first. */
const askWith =
  (...tools: string[]): NonNullable<Ability['ask']> =>
  (visitor, trace) => {
    trace.tools = tools
    visitor.ask(trace)
    visitor.rest(visitor.tab!)
  }

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
  visitor.rest(tab)
}

/** What the visitor may be told who answers a call: it was answered, or its turn is over. */
const CALL_CODES: readonly ErrorCode[] = ['execution_decided', 'execution_not_found', 'disposed']
/** Nothing is asked before the turn waits. */
const WHEN_IT_WAITS: readonly Point[] = ['follow-ups-saved']

const reload = async (visitor: Visitor): Promise<void> => {
  leave(visitor)
  visitor.tab = await visitor.openTab(visitor.remembered)
}

/** To come back in the same tab of the browser. */
const leave = (visitor: Visitor): void => {
  if (!visitor.tab) return
  visitor.remembered = visitor.tab.memory
  closeTab(visitor.tab)
  visitor.tab = null
}

async function stop(visitor: Visitor): Promise<void> {
  const { trace, tab } = visitor
  if (trace && !trace.reached.has('model-ended') && !trace.reached.has('finish-asked')) visitor.stopped = trace
  tab?.model.stop()
}

const openSecond = async (visitor: Visitor): Promise<void> => void visitor.otherTabs.push(await visitor.openTab())

const MODERATES: Settings = { moderates_input: true, moderates_output: true }
/** What goes wrong with what is moderated, or with who has it moderated. */
const WHILE_MODERATED = [
  ...MODERATION_FAULTS.map(({ name }) => name),
  'stream-cut',
  'model-cut',
  'database-answer-lost',
  'database-gone',
  'worker-killed',
  'worker-frozen',
]

export const ABILITIES: readonly Ability[] = [
  { name: 'ask' },
  { name: 'ask-again', prepare: askFirst },
  {
    name: 'retry',
    async prepare(visitor) {
      const trace = visitor.beginTrace()
      trace.script = refuse(500)
      await visitor.ask(trace).done
    },
    again: true,
    ask: (visitor) => visitor.follow(threadOf(visitor.tab!).retry()),
  },
  {
    name: 'regenerate',
    prepare: askFirst,
    again: true,
    ask: (visitor) => visitor.follow(threadOf(visitor.tab!).regenerate(idAt(visitor, 1))),
  },
  {
    name: 'edit',
    prepare: askFirst,
    ask: (visitor, { text }) => visitor.follow(threadOf(visitor.tab!).edit(idAt(visitor, 0), text)),
  },
  {
    name: 'continue',
    async prepare(visitor) {
      const trace = visitor.beginTrace()
      trace.script = cutShort
      await visitor.ask(trace).done
    },
    again: true,
    ask: (visitor) => visitor.follow(threadOf(visitor.tab!).continue(idAt(visitor, 1))),
  },
  {
    name: 'switch',
    async prepare(visitor) {
      await askFirst(visitor)
      visitor.sibling = idAt(visitor, 1)
      visitor.beginTrace(visitor.questions[0])
      await threadOf(visitor.tab!).regenerate(visitor.sibling).done
    },
    async act({ tab, sibling }) {
      if (tab) await threadOf(tab).select(sibling!)
    },
    // The page knows by then that the answer is stored.
    points: ['follow-ups-saved'],
    sends: true,
    codes: ['turn_in_progress'],
  },
  {
    name: 'stop',
    act: stop,
    sends: true,
    waits: true,
    codes: ['aborted'],
  },
  { name: 'reload', act: reload, codes: ['disposed'] },
  {
    name: 'leave',
    act: async (visitor) => leave(visitor),
    codes: ['disposed'],
  },
  {
    name: 'second-tab',
    prepare: askFirst,
    act: openSecond,
  },
  {
    name: 'two-questions',
    async prepare(visitor) {
      await askFirst(visitor)
      visitor.otherTabs.push(await visitor.openTab())
    },
    async act(visitor) {
      const { trace, otherTabs } = visitor
      await visitor.ask(visitor.beginTrace(), otherTabs[0]).done
      visitor.world.current.set(visitor.name, trace!)
    },
    // The latest alone can be tried again.
    codes: ['turn_in_progress', 'id_conflict'],
  },
  {
    name: 'rename',
    async act(visitor) {
      const title = `Renamed by ${visitor.name}`
      if (visitor.tab) await threadOf(visitor.tab).rename(title)
      visitor.title = title
    },
    points: AFTER_BEGIN,
    sends: true,
    codes: ['thread_not_found'],
  },
  {
    name: 'identify',
    act: async (visitor) => visitor.tab?.client.identify(await visitor.credential()),
    sends: true,
    codes: ['session_replaced'],
  },
  {
    name: 'sign-out',
    async act(visitor) {
      visitor.hasSignedOut = true
      await visitor.tab?.client.signOut()
    },
    sends: true,
    codes: ['aborted'],
  },
  {
    name: 'erase',
    async act(visitor) {
      await visitor.tab?.client.eraseData()
      visitor.hasErased = true
    },
    sends: true,
    codes: ['aborted', 'session_missing', 'session_invalid'],
  },
  {
    name: 'delete-thread',
    async act(visitor) {
      if (visitor.tab) await threadOf(visitor.tab).delete()
      visitor.hasDeleted = true
    },
    points: AFTER_BEGIN,
    sends: true,
    codes: ['thread_not_found', 'turn_not_found', 'turn_lease_lost'],
  },
  { name: 'tool', ask: askWith('look_up', 'look_up'), further: TOOL_POINTS },
  {
    name: 'approve',
    ask: askWith('order', 'look_up'),
    // In the page that was loaded again.
    async act(visitor) {
      await reload(visitor)
      await decide(visitor, visitor.tab!, true)
    },
    points: WHEN_IT_WAITS,
    further: [...TOOL_POINTS, ...WAIT_POINTS],
    sends: true,
    codes: CALL_CODES,
  },
  {
    name: 'approve-twice',
    ask: askWith('order'),
    async act(visitor) {
      const other = await visitor.openTab()
      visitor.otherTabs.push(other)
      await Promise.all([visitor.tab!, other].map((tab) => decide(visitor, tab, true)))
    },
    points: WHEN_IT_WAITS,
    further: [...TOOL_POINTS, ...WAIT_POINTS],
    sends: true,
    codes: CALL_CODES,
  },
  {
    name: 'deny',
    ask: askWith('order'),
    act: async (visitor) => decide(visitor, visitor.tab!, false),
    points: WHEN_IT_WAITS,
    further: WAIT_POINTS,
    sends: true,
    codes: CALL_CODES,
  },
  {
    name: 'ask-instead',
    ask: askWith('order'),
    act: async (visitor) => void (await visitor.ask(visitor.beginTrace()).done),
    points: WHEN_IT_WAITS,
    further: WAIT_POINTS,
  },
  {
    name: 'page-tool',
    ask: askWith('paint'),
    further: WAIT_POINTS,
  },
  // The title is flagged, and the follow-ups with it: the answer stays.
  { name: 'moderated', settings: MODERATES, flagged: 'title', further: MODERATION_POINTS },
  {
    name: 'flag-question',
    settings: MODERATES,
    flagged: 'question',
    further: ['question-check-asked'],
    codes: ['input_flagged'],
  },
  {
    name: 'flag-answer',
    settings: MODERATES,
    prepare: askFirst,
    flagged: 'answer',
    act: openSecond,
    further: ['question-check-asked', 'answer-check-asked'],
    codes: ['output_flagged'],
  },
  {
    name: 'flag-early',
    settings: MODERATES,
    flagged: 'beginning',
    act: reload,
    further: ['question-check-asked', 'answer-check-asked'],
    meets: WHILE_MODERATED,
    codes: ['output_flagged', 'disposed'],
  },
  {
    name: 'stop-flagged',
    settings: MODERATES,
    flagged: 'beginning',
    act: stop,
    further: ['question-check-asked', 'answer-check-asked'],
    meets: WHILE_MODERATED,
    sends: true,
    waits: true,
    codes: ['output_flagged', 'aborted'],
  },
  {
    name: 'unmoderated',
    settings: { ...MODERATES, moderation_fails_open: true },
    further: MODERATION_POINTS,
    meets: WHILE_MODERATED,
    spares: ['moderation_unavailable'],
  },
]
