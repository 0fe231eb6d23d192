import { startLocalBackend, useOwnProject } from './backend.ts'
import { publishTarget } from './target.ts'

/** Starts what the browser tests talk to, and returns what stops it. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const { target, stop } = (await useOwnProject()) ?? (await startLocalBackend())
  publishTarget(target)
  return stop
}
