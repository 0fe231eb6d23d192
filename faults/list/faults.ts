import type { Ability } from './abilities.ts'
import { CLOCK_FAULTS } from './clock_faults.ts'
import { DATABASE_FAULTS } from './database_faults.ts'
import type { Fault } from './fault.ts'
import { MODEL_FAULTS } from './model_faults.ts'
import { NETWORK_FAULTS } from './network_faults.ts'
import { WORKER_FAULTS } from './worker_faults.ts'
import { TOOL_POINTS } from '../world/trace.ts'

export const FAULTS: readonly Fault[] = [
  ...MODEL_FAULTS,
  ...NETWORK_FAULTS,
  ...CLOCK_FAULTS,
  ...WORKER_FAULTS,
  ...DATABASE_FAULTS,
]

/** Why an ability and a fault can't meet; `null` where they can. */
export function whyImpossible(ability: Ability, fault: Fault): string | null {
  if (fault.points.every((point) => point.startsWith('act-')) && !ability.sends)
    return 'it sends no request of its own that could be lost'
  if (
    fault.points.every((point) => TOOL_POINTS.some((other) => other === point)) &&
    !ability.further?.includes('tool-called')
  )
    return 'it calls no tool at the site'
  return null
}
