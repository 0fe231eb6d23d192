import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from './list/fault.ts'
import { FAULTS } from './list/faults.ts'
import type { Plan } from './plan.ts'
import { runSequence, type Story } from './sequence.ts'
import type { Trace } from './world/trace.ts'
import type { World } from './world/world.ts'
import type { Worlds } from './world/worlds.ts'

/** How many visitors there are at once. */
const MOST_AT_ONCE = 16
/** How long those who are at their points wait for the others. */
const GATHER_MS = 10_000

/** Strikes everybody of a round at once, each of them at a point of their own. */
export class Gathering {
  readonly #strike: (traces: readonly Trace[]) => Promise<void>
  readonly #here: Trace[] = []
  readonly #struck = Promise.withResolvers<void>()
  readonly #preparing: Promise<void>[] = []
  readonly #prepared = Promise.withResolvers<unknown>()
  readonly #size: number
  /** Those who are here, or won't come. */
  readonly #known = new Set<Trace>()
  #isOver = false

  constructor(size: number, strike: (traces: readonly Trace[]) => Promise<void>) {
    this.#size = size
    this.#strike = strike
  }

  /** Waits until everybody of the round has what they need before they ask. */
  async prepare(preparing: Promise<void>): Promise<void> {
    if (this.#preparing.push(preparing) === this.#size) this.#prepared.resolve(Promise.allSettled(this.#preparing))
    await this.#prepared.promise
    await preparing
  }

  /** Resolves once it has struck, to whether it was in time. */
  async join(trace: Trace): Promise<boolean> {
    if (this.#isOver) return false
    this.#here.push(trace)
    if (this.#here.length === 1) void delay(GATHER_MS, undefined, { ref: false }).then(() => this.#strikeNow())
    this.pass(trace)
    await this.#struck.promise
    return true
  }

  /** Resolves when it has struck, or nobody is left to be struck. */
  get struck(): Promise<void> {
    return this.#struck.promise
  }

  /** Somebody is here, or won't come. Who is here may be done with their page already. */
  pass(trace: Trace): void {
    if (this.#known.add(trace).size === this.#size) this.#strikeNow()
  }

  #strikeNow(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#here.length === 0) return this.#struck.resolve()
    this.#strike(this.#here).then(this.#struck.resolve, this.#struck.reject)
  }
}

/** Plays plans, in rounds: those whose fault strikes everybody together, the others beside each other. */
export async function playAll(worlds: Worlds, plans: readonly Plan[], onStory: (story: Story) => void): Promise<void> {
  const [single, ...rounds] = toRounds(plans)
  await playBeside(await worlds.current(), single, onStory)
  for (const round of rounds) await playRound(await worlds.current(), round, onStory)
}

/** The same in less time: what strikes one visitor comes while those whom something has struck together wait for its end. */
export async function playTogether(
  worlds: Worlds,
  plans: readonly Plan[],
  onStory: (story: Story) => void,
): Promise<void> {
  const world = await worlds.current()
  const [single, round] = toRounds(plans)
  const struck = Promise.withResolvers<void>()
  await Promise.all([
    playRound(world, round!, onStory, struck.resolve),
    struck.promise.then(() => playBeside(world, single, onStory)),
  ])
}

const strikesAll = ({ blows }: Plan): Fault | undefined => blows.find(({ fault }) => fault.strikeAll)?.fault

/** First those that nothing strikes together, then round by round those that the same fault strikes. */
function toRounds(plans: readonly Plan[]): [Plan[], ...Plan[][]] {
  const single = plans.filter((plan) => !strikesAll(plan))
  const byFault = FAULTS.map((fault) => plans.filter((plan) => strikesAll(plan) === fault))
  const rounds = byFault.flatMap((struck) =>
    Array.from({ length: Math.ceil(struck.length / MOST_AT_ONCE) }, (_, at) =>
      struck.slice(at * MOST_AT_ONCE, (at + 1) * MOST_AT_ONCE),
    ),
  )
  return [single, ...rounds]
}

async function playRound(
  world: World,
  round: readonly Plan[],
  onStory: (story: Story) => void,
  onStruck: () => void = () => {},
): Promise<void> {
  const fault = strikesAll(round[0]!)!
  const gathering = new Gathering(round.length, (traces) => fault.strikeAll!(world, traces))
  void gathering.struck.then(onStruck)
  await Promise.all(
    round.map(async (plan) => {
      const playing = runSequence(world, plan, gathering)
      onStory(await Promise.race([playing, world.died.then(() => endWith(plan, fault))]))
    }),
  )
  await Promise.race([Promise.all(world.recoveries.splice(0)), world.died])
}

/** Of a story whose stack has died under it, by what struck it. */
const endWith = (plan: Plan, { name }: Fault): Story => ({
  plan,
  met: [name],
  violations: [{ kind: 'stack-died', detail: 'the process of the Data API threw, and serves nobody any more' }],
  codes: [],
  settledMs: 0,
  presses: 0,
})

async function playBeside(world: World, plans: readonly Plan[], onStory: (story: Story) => void): Promise<void> {
  const left = [...plans]
  const lane = async (): Promise<void> => {
    for (let plan = left.shift(); plan; plan = left.shift()) onStory(await runSequence(world, plan, null))
  }
  await Promise.all(Array.from({ length: MOST_AT_ONCE }, lane))
}
