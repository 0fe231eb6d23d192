import { setTimeout as delay } from 'node:timers/promises'
import { checkStory } from './checks/check_story.ts'
import { goOn } from './go_on.ts'
import { wireFormatOf, type Blow, type Plan } from './plan.ts'
import type { Gathering } from './round.ts'
import { observe, type Observation } from './observe.ts'
import { Visitor } from './visitor.ts'
import { withClock } from './world/clock.ts'
import type { Fate, Trace } from './world/trace.ts'
import type { World } from './world/world.ts'

export interface Violation {
  kind: string
  detail: string
}

/** What became of a plan. */
export interface Story {
  plan: Plan
  /** Names of the faults that struck. */
  met: readonly string[]
  violations: readonly Violation[]
  /** Codes that the visitor was told. */
  codes: readonly string[]
  /** How long it took until nothing more was to come, in milliseconds. */
  settledMs: number
  presses: number
}

/** How long a page may take to settle. */
const SETTLES_MS = 60_000
/** How long a whole story may take. */
const LONGEST_MS = 240_000
/** What a visitor does at a point is under way when its request has been answered, or after this time. */
const ACT_MS = 1_000

export async function runSequence(world: World, plan: Plan, gathering: Gathering | null): Promise<Story> {
  const assistant = await world.createAssistant({
    ...plan.ability,
    name: `s${plan.id}`,
    wireFormat: wireFormatOf(plan),
  })
  const visitor = new Visitor(`v${plan.id}-${assistant.id.slice(0, 8)}`, world, assistant)
  const playing = withClock(visitor.clock, () => play(visitor, plan, gathering)).catch((error: Error) =>
    endEarly(visitor, plan, 'story-breaks', error.stack),
  )
  const hangs = delay(LONGEST_MS, null, { ref: false }).then(() => endEarly(visitor, plan, 'story-hangs'))
  return Promise.race([playing, hangs])
}

/** Of a story that does not come to its end. */
function endEarly({ stage }: Visitor, plan: Plan, kind: string, why = ''): Story {
  const violations = [{ kind, detail: `while ${stage}: ${why}` }]
  return { plan, met: [], violations, codes: [], settledMs: LONGEST_MS, presses: 0 }
}

async function play(visitor: Visitor, plan: Plan, gathering: Gathering | null): Promise<Story> {
  const { ability, blows } = plan
  const violations: Violation[] = []
  const met = new Set<string>()
  const prepare = async () => {
    visitor.tab = await visitor.openTab()
    await ability.prepare?.(visitor)
  }
  await (gathering ? gathering.prepare(prepare()) : prepare())

  const trace = visitor.beginTrace(ability.again ? visitor.questions[0] : ability.text?.(visitor), ability.flagged)
  for (const blow of blows) arm(visitor, trace, blow, gathering, met)
  const act = ability.act && armAct(visitor, trace, plan)
  const began = performance.now()
  if (ability.ask) ability.ask(visitor, trace)
  else visitor.ask(trace)
  const settlesMs = Math.max(SETTLES_MS, ...blows.map(({ fault }) => fault.settlesMs ?? SETTLES_MS))
  visitor.stage = 'the pages settle'
  const isSettled = await settles(visitor, settlesMs, act)
  if (!isSettled) violations.push({ kind: 'client-hangs', detail: `nothing settled within ${settlesMs} ms` })
  gathering?.pass(trace)
  await gathering?.struck
  visitor.stage = 'what struck is over'
  await Promise.all(visitor.world.recoveries)
  visitor.stage = 'the turn ends'

  const settledMs = performance.now() - began
  const observation: Observation = await observe(visitor, plan)
  visitor.stage = 'the visitor goes on'
  for (const done of visitor.traces) done.disarm()
  const going = await goOn(visitor)
  visitor.stage = 'all is checked'
  violations.push(...(await checkStory(visitor, plan, observation, going)))
  return { plan, met: [...met], violations, codes: going.codes, settledMs, presses: going.presses }
}

/** Sets a fault in its place. */
function arm(
  visitor: Visitor,
  trace: Trace,
  { fault, point, nth }: Blow,
  gathering: Gathering | null,
  met: Set<string>,
): void {
  const { script } = fault
  if (script) {
    trace.script = (speaking) => {
      met.add(fault.name)
      return script(speaking)
    }
    return
  }
  trace.at(
    point,
    async (): Promise<Fate> => {
      if (fault.strikeAll && gathering) {
        const joining = gathering.join(trace)
        trace.held = joining
        if (!(await joining)) return undefined
      }
      met.add(fault.name)
      const fate = await fault.strike?.(visitor, trace)
      return fault.drops ? 'drop' : fate
    },
    nth,
  )
}

/** Has the visitor act at the point. Gives what has them act in any case, once the turn is over. */
function armAct(visitor: Visitor, trace: Trace, { ability, actPoint }: Plan): () => Promise<void> {
  let acting: Promise<void> | null = null
  const act = () => (acting ??= visitor.perform(ability.name, () => ability.act!(visitor)))
  if (ability.waits) trace.waits = true
  trace.at(actPoint, async () => {
    const answered = new Promise<void>((resolve) =>
      trace.at('act-answered', () => {
        resolve()
        return undefined
      }),
    )
    await Promise.race([act(), answered, delay(ACT_MS)])
    return undefined
  })
  return act
}

/** Waits for what the pages have begun, and for what they begin meanwhile. */
function settles(visitor: Visitor, ms: number, act: (() => Promise<void>) | undefined): Promise<boolean> {
  const all = async () => {
    await visitor.settled()
    if (act) await act()
    await visitor.settled()
    return true
  }
  return Promise.race([all(), delay(ms, false, { ref: false })])
}
