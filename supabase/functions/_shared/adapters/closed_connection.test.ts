// The functions' own runtime, and a garbage collection that is asked for: `fetch` forgets a signal with its response.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const deno = path('../../../../node_modules/deno/bin.cjs')
const config = path('../../loacl-chat/deno.json')
const caller = fileURLToPath(new URL('../test/call_and_collect.ts', import.meta.url))
const flags = [
  '--quiet',
  '--no-prompt',
  '--cached-only',
  '--frozen',
  '--node-modules-dir=none',
  '--v8-flags=--expose-gc',
]
const permissions = ['--allow-net', '--allow-env', '--allow-sys', `--allow-read=${path('../../../..')}`]

/** Refuses the call, and then sends blanks for as long as anybody takes them. */
function drip(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json' })
  const dripping = setInterval(() => response.write(' '), 10)
  response.on('close', () => clearInterval(dripping))
}

it(
  'a refusal that never ends is left when its turn ends, also once its response is garbage',
  { timeout: 30_000 },
  async () => {
    const { promise: called, resolve } = Promise.withResolvers<ServerResponse>()
    const server = createServer((request, response) => {
      request.resume()
      drip(response)
      resolve(response)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    const child = spawn(process.execPath, [deno, 'run', ...flags, ...permissions, `--config=${config}`, caller, url], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, DENO_NO_PACKAGE_JSON: '1', NO_COLOR: '1' },
    })
    onTestFinished(() => {
      child.stdin.end()
      server.closeAllConnections()
      server.close()
    })
    const exited = once(child, 'close')
    const [said] = await Promise.race([once(child.stdout, 'data'), exited])
    expect(String(said)).toBe('collected\n')
    const response = await called
    expect(response.destroyed).toBe(false)
    child.stdin.write('end\n')
    await once(response, 'close')
    expect(await exited).toEqual([0, null])
  },
)
