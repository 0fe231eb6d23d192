import { POINTS } from '../world/trace.ts'
import type { Fault } from './fault.ts'

const HOUR_MS = 3_600_000

export const CLOCK_FAULTS: readonly Fault[] = [
  {
    name: 'browser-clock-jumps',
    codes: [],
    points: POINTS,
    strike({ clock }) {
      clock.ahead = clock.ahead === 0 ? 30 * HOUR_MS : -HOUR_MS
      return undefined
    },
  },
  {
    name: 'worker-clock-jumps',
    codes: [],
    points: POINTS.slice(1),
    strike({ world }, { worker }) {
      if (worker !== null) world.signal(worker, 'SIGUSR2')
      return undefined
    },
  },
]
