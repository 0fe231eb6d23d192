import { readdirSync, readFileSync } from 'node:fs'

/** What the operating system says of a function's process. Linux alone. */
export interface Worker {
  /** Seconds of processor time so far. */
  cpu(): number
  /** Megabytes in memory now. */
  memory(): number
}

/** Of `/proc/<pid>/stat`: ticks a second, as every Linux of today has them. */
const TICKS_PER_SECOND = 100

/** The process of this process's own stack that runs a function. */
export function findWorker(name: string): Worker {
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isWorker(entry, name))
  if (!pid) throw new Error(`No process of this one runs ${name}.`)
  return {
    cpu() {
      // The second field may have blanks in it, and ends with a bracket.
      const fields = read(pid, 'stat').split(') ')[1]!.split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    },
    memory: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status'))![1]) / 1024,
  }
}

const read = (pid: string, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')

function isWorker(pid: string, name: string): boolean {
  try {
    return (
      read(pid, 'cmdline').includes(`${name}/index.ts`) &&
      new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(read(pid, 'status'))
    )
  } catch {
    // It has ended meanwhile.
    return false
  }
}
