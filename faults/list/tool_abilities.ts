import type { ErrorCode } from '@loacl/core'
import { TOOL_POINTS, WAIT_POINTS, type Point } from '../world/trace.ts'
import type { Ability } from './ability.ts'
import { decide, reload } from './acts.ts'

/** Asks what the model calls these tools for first. */
export const askWith =
  (...tools: string[]): NonNullable<Ability['ask']> =>
  (visitor, trace) => {
    trace.tools = tools
    visitor.ask(trace)
    void visitor.rest(visitor.tab!)
  }

/** What the visitor may be told who answers a call: it was answered, or its turn is over. */
const CALL_CODES: readonly ErrorCode[] = ['execution_decided', 'execution_not_found', 'disposed']
/** Nothing is asked before the turn waits. */
const WHEN_IT_WAITS: readonly Point[] = ['follow-ups-saved']

/** What visitors do where the assistant has tools. */
export const TOOL_ABILITIES: readonly Ability[] = [
  { name: 'tool', ask: askWith('look_up', 'look_up'), further: TOOL_POINTS },
  {
    name: 'approve',
    ask: askWith('order', 'look_up'),
    // In the page that was loaded again.
    async act(visitor) {
      await reload(visitor)
      await visitor.rest(visitor.tab!)
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
]
