// Runs as a process of its own, beside every stack. When the stack's process goes, in whatever way, the pipe to this
// one closes, and what the stack started is ended: a killed test run leaves no PostgreSQL behind.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const watched = new Map<number, NodeJS.Signals>()
const throwaway = new Set<string>()

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  if (alive(pid)) process.kill(pid, name)
}

// A terminal's Ctrl-C and a closed window reach the stack as well, which then stops in order: outlive it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {})

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, subject, extra] = JSON.parse(line) as [string, string | number, NodeJS.Signals?]
  if (verb === 'watch') watched.set(Number(subject), extra ?? 'SIGTERM')
  else if (verb === 'forget') watched.delete(Number(subject))
  else if (verb === 'remove') throwaway.add(String(subject))
  else if (verb === 'removed') throwaway.delete(String(subject))
}

for (const [pid, name] of watched) signal(pid, name)
for (let waited = 0; waited < 50 && [...watched.keys()].some(alive); waited++)
  await new Promise((resolve) => setTimeout(resolve, 100))
for (const pid of watched.keys()) signal(pid, 'SIGKILL')
for (const path of throwaway) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
process.exit(0)
