import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { type Readable } from 'node:stream'

export interface Program {
  /** The first line of its output that matches, by the first group. Fails when the program ends without it. */
  find(output: 'stdout' | 'stderr', line: RegExp): Promise<string>
  stop(): Promise<void>
}

/** Runs a program in a group of its own, so that all it starts ends with it. */
export function startProgram(command: string, args: readonly string[], env: Record<string, string> = {}): Program {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: true,
  })
  const exit = once(child, 'exit')
  // One that could not be started says so to whoever waits for its output; nobody else has to hear of it.
  exit.catch(() => {})
  const outputs = { stdout: child.stdout!, stderr: child.stderr! }
  for (const output of Object.values(outputs)) output.resume()
  return {
    find: (output, line) => findLine(command, outputs[output], exit, line),
    async stop() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      process.kill(-child.pid, 'SIGKILL')
      await exit
    },
  }
}

async function findLine(command: string, output: Readable, exit: Promise<unknown>, line: RegExp): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  createInterface({ input: output }).on('line', (text) => {
    const match = line.exec(text)
    if (match) resolve(match[1]!)
  })
  const found = await Promise.race([promise, exit])
  if (typeof found === 'string') return found
  throw new Error(`${command} ended before it was ready.`)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port is free.')
  return address.port
}
