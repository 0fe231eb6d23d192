import type { WireFormat } from '@loacl/wire'
import { ABILITIES } from './list/abilities.ts'
import type { Ability } from './list/ability.ts'
import type { Fault } from './list/fault.ts'
import { FAULTS, pointsOf, whyImpossible } from './list/faults.ts'
import { createRandom, type Random } from './random.ts'
import { POINTS, type ActPoint, type Point } from './world/trace.ts'

/** A fault at a point, which may come more than once: at its `nth` time. */
export interface Blow {
  fault: Fault
  point: Point | ActPoint
  nth: number
}

/** One visitor's story: what they do, at which point of a turn, and what goes wrong. */
export interface Plan {
  id: number
  ability: Ability
  actPoint: Point
  blows: readonly Blow[]
}

/** In which its assistant asks the model: which story has which number is the seed's. */
export const wireFormatOf = ({ id }: Plan): WireFormat => (id % 2 === 0 ? 'openai' : 'openai-chat')

export interface Pair {
  ability: Ability
  fault: Fault
}

export const nameOf = ({ ability, fault }: Pair): string => `${ability.name} × ${fault.name}`

export const ALL_PAIRS: readonly Pair[] = ABILITIES.flatMap((ability) => FAULTS.map((fault) => ({ ability, fault })))
export const POSSIBLE_PAIRS = ALL_PAIRS.filter(({ ability, fault }) => whyImpossible(ability, fault) === null)

/** It takes longer than all else, and comes rarely: of a round with it there is one. */
const RARE = 'database-gone-long'
const isSwift = ({ fault }: Pair): boolean => fault.name !== RARE

/** Each pair at least once, and as many more as are asked for. */
export function planSequences(seed: number, count: number): Plan[] {
  const random = createRandom(seed)
  const pairs = random.shuffle(POSSIBLE_PAIRS)
  const common = pairs.filter(isSwift)
  const chosen = Array.from({ length: count }, (_, at) => pairs[at] ?? random.pick(common))
  const plans = chosen.map((pair, id) => planOne(pair, id, random))
  return [...plans, ...planPoints(pointsToMeet([]), plans.length)]
}

/** Points at which a fault has to strike in a whole run, but for those at which it did. */
export const pointsToMeet = (met: readonly Blow[]): { fault: Fault; point: Point | ActPoint }[] =>
  FAULTS.filter(({ everyPoint }) => everyPoint).flatMap((fault) =>
    [...fault.points, ...(fault.further ?? [])]
      .filter((point) => !met.some((blow) => blow.fault === fault && blow.point === point))
      .map((point) => ({ fault, point })),
  )

/** One that comes to a point. */
const abilityAt = (point: Point | ActPoint): string =>
  ABILITIES.find(({ further }) => further?.some((more) => more === point))?.name ?? 'ask'

export const planPoints = (blows: readonly Omit<Blow, 'nth'>[], firstId: number): Plan[] =>
  blows.map(({ fault, point }, at) => planByName({ ability: abilityAt(point), fault: fault.name, point }, firstId + at))

/** Plans with these very pairs, each at a point by chance. */
export const planPairs = (pairs: readonly Pair[], seed: number, firstId = 0): Plan[] => {
  const random = createRandom(seed)
  return pairs.map((pair, at) => planOne(pair, firstId + at, random))
}

/** Plans in which these pairs meet whatever else happens: at each of their points the fault strikes first, and the visitor acts last. */
export const planMeetings = (pairs: readonly Pair[], firstId: number): Plan[] =>
  pairs
    .flatMap(({ ability, fault }) => pointsOf(fault, ability).map((point) => ({ ability, fault, point })))
    .map(({ ability, fault, point }, at) =>
      planByName({ ability: ability.name, fault: fault.name, actPoint: POINTS.at(-1)!, point }, firstId + at),
    )

/** A story that is chosen by hand. Without a fault, nothing goes wrong in it. */
export interface PlannedByName {
  ability: string
  actPoint?: Point
  fault?: string
  point?: Point | ActPoint
  nth?: number
}

export function planByName({ ability, actPoint, fault, point, nth = 1 }: PlannedByName, id: number): Plan {
  const found = ABILITIES.find(({ name }) => name === ability)
  const struck = FAULTS.find(({ name }) => name === fault)
  if (!found || (fault && !struck)) throw new Error(`There is no ${ability} or no ${fault}.`)
  const blows = struck ? [{ fault: struck, point: point ?? pointsOf(struck, found)[0]!, nth }] : []
  return { id, ability: found, actPoint: actPoint ?? found.points?.[0] ?? POINTS[0], blows }
}

function planOne({ ability, fault }: Pair, id: number, random: Random): Plan {
  const blows = [toBlow(fault, random, ability)]
  // Seldom does one thing alone go wrong.
  const others = FAULTS.filter(
    (other) =>
      !other.strikeAll && other !== fault && !(other.script && fault.script) && whyImpossible(ability, other) === null,
  )
  if (random.int(4) === 0) blows.push(toBlow(random.pick(others), random, ability))
  return { id, ability, actPoint: random.pick(ability.points ?? POINTS), blows }
}

function toBlow(fault: Fault, random: Random, ability: Ability): Blow {
  const point = random.pick(pointsOf(fault, ability))
  const isRepeated = point === 'part-sent' || point === 'append-asked' || point === 'append-answered'
  return { fault, point, nth: isRepeated ? 1 + random.int(fault.most ?? 1) : 1 }
}
