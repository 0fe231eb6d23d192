import { threadOf } from '../tab.ts'
import type { Visitor } from '../visitor.ts'
import type { Ability } from './ability.ts'
import { AFTER_BEGIN, askFirst, leave, openSecond, reload, stop } from './acts.ts'
import { FILE_ABILITIES } from './file_abilities.ts'
import { cutShort, refuse } from './model_faults.ts'
import { MODERATION_ABILITIES } from './moderation_abilities.ts'
import { PROVIDER_ABILITIES } from './provider_abilities.ts'
import { TOOL_ABILITIES } from './tool_abilities.ts'

const idAt = ({ tab }: Visitor, at: number): string => threadOf(tab!).getSnapshot().messages[at]!.id

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
  ...TOOL_ABILITIES,
  ...MODERATION_ABILITIES,
  ...FILE_ABILITIES,
  ...PROVIDER_ABILITIES,
]
