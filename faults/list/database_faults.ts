import { setTimeout as delay } from 'node:timers/promises'
import { FILE_POINTS, MODERATION_POINTS, POINTS, SUMMARY_POINTS } from '../world/trace.ts'
import type { World } from '../world/world.ts'
import type { Fault } from './fault.ts'

/** Storage asks it as well. */
const CODES = ['database_unavailable', 'storage_unavailable', 'turn_abandoned', 'network'] as const

/** PostgreSQL goes, and comes back after so many milliseconds. */
const away = (name: string, ms: number, settlesMs: number): Fault => ({
  name,
  codes: CODES,
  points: POINTS,
  further: [...MODERATION_POINTS, ...SUMMARY_POINTS, ...FILE_POINTS],
  most: 4,
  settlesMs,
  async strikeAll({ stack, recoveries }) {
    await stack.stopDatabase()
    // The visitors go on meanwhile.
    recoveries.push(delay(ms).then(() => stack.startDatabase()))
  },
})

/** Ends the connections of whatever runs in the database just now. */
async function killBackends({ sql }: World): Promise<void> {
  for (let time = 0; time < 4; time++) {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loacl-stack'`
    await delay(10)
  }
}

export const DATABASE_FAULTS: readonly Fault[] = [
  away('database-restarted', 0, 60_000),
  away('database-gone', 4_000, 60_000),
  away('database-gone-long', 30_000, 120_000),
  {
    name: 'backend-killed',
    codes: CODES,
    points: POINTS,
    most: 4,
    // While what was held at its point goes on to the database.
    strikeAll: async (world) => void world.recoveries.push(killBackends(world)),
  },
]
