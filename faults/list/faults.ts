import type { Ability } from './ability.ts'
import { CLOCK_FAULTS } from './clock_faults.ts'
import { DATABASE_FAULTS } from './database_faults.ts'
import type { Fault } from './fault.ts'
import { MODEL_FAULTS } from './model_faults.ts'
import { MODERATION_FAULTS } from './moderation_faults.ts'
import { NETWORK_FAULTS } from './network_faults.ts'
import { STORAGE_FAULTS } from './storage_faults.ts'
import { WORKER_FAULTS } from './worker_faults.ts'
import { isCommon, type ActPoint, type Point } from '../world/trace.ts'

const isIn = (list: readonly Point[] | undefined, point: Point | ActPoint): boolean =>
  list?.some((own) => own === point) ?? false

/** Where a fault strikes those who do this. */
export function pointsOf({ points, further = [] }: Fault, ability: Ability): (Point | ActPoint)[] {
  return [
    ...points.filter((point) => (isCommon(point) || isIn(ability.further, point)) && !isIn(ability.lacks, point)),
    ...further.filter((point) => isIn(ability.further, point)),
  ]
}

export const FAULTS: readonly Fault[] = [
  ...MODEL_FAULTS,
  ...MODERATION_FAULTS,
  ...STORAGE_FAULTS,
  ...NETWORK_FAULTS,
  ...CLOCK_FAULTS,
  ...WORKER_FAULTS,
  ...DATABASE_FAULTS,
]

/** Why an ability and a fault don't meet; `null` where they do. */
export function whyImpossible(ability: Ability, fault: Fault): string | null {
  if (fault.points.every((point) => point.startsWith('act-')) && !ability.sends)
    return 'it sends no request of its own that could be lost'
  if (pointsOf(fault, ability).length === 0) return 'its turn comes to none of the points'
  if (ability.meets && !ability.meets.includes(fault.name)) return 'an ability like it meets it'
  return null
}
