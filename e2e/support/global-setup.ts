import { startLocalBackend, useOwnProject } from './backend.ts'
import { publishTarget } from './target.ts'

/** Starts the servers of the browser tests, and returns what stops them. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const { target, stop } = (await useOwnProject()) ?? (await startLocalBackend())
  publishTarget(target)
  return stop
}
