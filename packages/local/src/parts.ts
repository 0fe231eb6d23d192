import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A part of the stack ended or failed where it should run. `part` names it; the message has its last lines. */
export class PartError extends Error {
  override name = 'PartError' as const
  readonly part: string
  constructor(part: string, message: string, lines: readonly string[] = [], options?: ErrorOptions) {
    super(
      lines.length === 0 ? message : `${message} Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`,
      options,
    )
    this.part = part
  }
}

export interface Part {
  readonly name: string
  readonly pid: number
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>
  readonly running: boolean
  /** The newest lines of its output, oldest first. */
  lines(): readonly string[]
  /** Asks it to end, and ends it after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

const KEPT_LINES = 30

/** Starts and ends the processes of one stack, and sees that none outlives it. */
export class Parts {
  readonly #guard: ChildProcess
  readonly #running = new Set<Part>()
  /** Called when a part ends that nobody stopped; `how` is the end of a sentence. */
  onCrash: (part: Part, how: string) => void = () => {}

  constructor() {
    this.#guard = spawn(process.execPath, [fileURLToPath(new URL('./guard.ts', import.meta.url))], {
      stdio: ['pipe', 'ignore', 'inherit'],
      // In a process group of its own: Ctrl-C in a terminal goes to the whole group.
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    this.#guard.unref()
    // The guard may go first when everything is ended at once from outside.
    this.#guard.stdin?.on('error', () => {})
  }

  #tell(...message: (string | number)[]): void {
    this.#guard.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  /** Has `path` removed by the guard if this process can't do it itself any more. */
  removeLater(path: string): void {
    this.#tell('remove', path)
  }

  removed(path: string): void {
    this.#tell('removed', path)
  }

  start(
    name: string,
    command: string,
    args: readonly string[],
    options: Pick<SpawnOptions, 'env' | 'cwd' | 'uid' | 'gid'> & {
      stopSignal?: NodeJS.Signals
      onLine?: (line: string) => void
      /** Called when it ends and nobody stopped it; `how` is the end of a sentence. Left out: `Parts.onCrash`. */
      onCrash?: (how: string, wasKilled: boolean) => void
    },
  ): Part {
    const { stopSignal = 'SIGTERM', onLine, onCrash, ...spawnOptions } = options
    const child = spawn(command, args, {
      ...spawnOptions,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    const lines: string[] = []
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        if (lines.length > KEPT_LINES) lines.shift()
        onLine?.(line)
      })
    let running = true
    let stopping = false
    let how = 'ended'
    let wasKilled = false
    child.once('error', (error) => {
      how = `could not start: ${error.message}`
    })
    child.once('exit', (code, signal) => {
      wasKilled = signal !== null
      how = signal ? `was ended by ${signal}` : `ended with code ${code}`
    })
    // `close` comes after the last line of output, and after `error` where there was nothing to start.
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => {
        running = false
        this.#running.delete(part)
        this.#tell('forget', part.pid)
        resolve()
        if (stopping) return
        if (onCrash) onCrash(how, wasKilled)
        else this.onCrash(part, how)
      })
    })
    const pid = child.pid ?? -1
    const part: Part = {
      name,
      pid,
      ended,
      get running() {
        return running
      },
      lines: () => lines,
      stop: async (graceMs = 5_000) => {
        stopping = true
        if (!running) return
        child.kill(stopSignal)
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
        await ended
        clearTimeout(timer)
      },
    }
    this.#running.add(part)
    if (pid > 0) this.#tell('watch', pid, stopSignal)
    return part
  }

  /** Ends what still runs, then the guard. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((part) => part.stop()))
    const guard = this.#guard
    if (guard.exitCode !== null || guard.signalCode !== null) return
    guard.ref()
    guard.stdin?.end()
    await once(guard, 'exit')
  }
}
