import { setTimeout as delay } from 'node:timers/promises'
import { LEASE_MS } from '../world/limits.ts'
import {
  FILE_POINTS,
  MODERATION_POINTS,
  POINTS,
  SUMMARY_POINTS,
  TOOL_POINTS,
  WAIT_POINTS,
  type Trace,
} from '../world/trace.ts'
import type { World } from '../world/world.ts'
import type { Fault } from './fault.ts'

/** Where a process of the function has to do with a file, or had. */
const AT_WORK = FILE_POINTS.filter((point) => point !== 'upload-asked')

const workersOf = (traces: readonly Trace[]): Set<number> =>
  new Set(traces.flatMap(({ worker }) => (worker === null ? [] : [worker])))

/** What happens to a process of the function. The other one goes on meanwhile. */
export const WORKER_FAULTS: readonly Fault[] = [
  {
    name: 'worker-killed',
    codes: ['turn_abandoned'],
    points: POINTS.slice(1),
    further: [...TOOL_POINTS, ...WAIT_POINTS, ...MODERATION_POINTS, ...SUMMARY_POINTS, ...AT_WORK],
    everyPoint: true,
    most: 4,
    strikeAll: async (world, traces) => {
      // One after the other, so that there is one to take over.
      for (const worker of workersOf(traces)) {
        await world.kill(worker)
        await delay(1_000)
      }
    },
  },
  {
    name: 'worker-frozen',
    // Its own requests have run out of time when it comes back.
    codes: ['turn_abandoned', 'network', 'database_unavailable'],
    points: POINTS.slice(1),
    further: [...TOOL_POINTS, ...WAIT_POINTS, ...MODERATION_POINTS, ...SUMMARY_POINTS, ...AT_WORK],
    most: 4,
    strikeAll: (world, traces) => freeze(world, workersOf(traces)),
    settlesMs: 90_000,
  },
]

/** For longer than its lease: it comes back late, when a scheduler has ended its turns, and takes itself for their worker. */
async function freeze(world: World, workers: ReadonlySet<number>): Promise<void> {
  for (const worker of workers) world.signal(worker, 'SIGSTOP')
  world.recoveries.push(thaw())

  async function thaw(): Promise<void> {
    await delay(LEASE_MS + 1_000)
    await world.sql`select loacl.run_clean_up()`
    for (const worker of workers) world.signal(worker, 'SIGCONT')
  }
}
