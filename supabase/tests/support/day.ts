import { vi } from 'vitest'

const DAY_MS = 86_400_000

/** Milliseconds until midnight by UTC, when the database begins to count anew. */
export const untilTomorrow = (): number => DAY_MS - (Date.now() % DAY_MS)

/** Lets midnight pass where it is near: a test of what is counted by the day stays within one. */
export async function avoidMidnight(): Promise<void> {
  await vi.waitUntil(() => untilTomorrow() > 30_000, { timeout: 40_000, interval: 250 })
}
