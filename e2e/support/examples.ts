import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { dirname, delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createSite } from '@loacl/local'
import { type Target } from './target.ts'

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url))
const run = promisify(execFile)

export interface RunningExample {
  origin: string
  stop(): void
}

/** What an application reads: each bundler shows pages those variables alone that begin as it wants. */
function environment({ url, key, assistantId }: Target): Record<string, string | undefined> {
  const values = { LOACL_URL: url, LOACL_KEY: key, LOACL_ASSISTANT: assistantId }
  const named = (prefix: string) => Object.entries(values).map(([name, value]) => [prefix + name, value])
  return {
    ...process.env,
    ...Object.fromEntries(['', 'VITE_', 'NEXT_PUBLIC_'].flatMap(named)),
    NEXT_TELEMETRY_DISABLED: '1',
    // This Node runs their tools as well, not the one that npm happens to be run by.
    PATH: dirname(process.execPath) + delimiter + process.env.PATH,
    NODE_ENV: undefined,
  }
}

/** Builds an application as its README says, for this backend. */
export async function buildExample(name: string, target: Target): Promise<void> {
  await run('npm', ['run', 'build'], {
    cwd: join(FOLDER, name),
    env: environment(target),
    shell: process.platform === 'win32',
  })
}

/** Serves the files that a build has made. */
export async function serveFiles(name: string): Promise<RunningExample> {
  const server = createSite({ dir: join(FOLDER, name, 'dist') })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Runs what Next has built by its own server. */
export async function serveByNext(name: string): Promise<RunningExample> {
  const program = join(FOLDER, 'node_modules', 'next', 'dist', 'bin', 'next')
  const server = spawn(process.execPath, [program, 'start', '--hostname', '127.0.0.1', '--port', '0'], {
    cwd: join(FOLDER, name),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(server.stdout)) {
    const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    if (origin) return { origin, stop: () => void server.kill() }
  }
  throw new Error(`Next did not start for ${name}.`)
}
