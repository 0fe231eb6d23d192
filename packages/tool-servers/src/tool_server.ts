import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LISTENS } from './run_server.ts'

/** `orders`: the signed endpoint. `parts`: the MCP server. `hostile`: whatever may go wrong. */
export type ToolServerName = 'orders' | 'parts' | 'hostile'

export interface ToolServer {
  /** Such as `http://127.0.0.1:4020`. */
  url: string
  /** As `LOACL_PRIVATE_HOSTS` takes it. */
  host: string
  stop(): Promise<void>
}

/** The program of a server, for whoever starts its process. */
export const toolServerProgram = (name: ToolServerName): string =>
  fileURLToPath(new URL(`./run/${name}.ts`, import.meta.url))

/** The port, where a line that a server prints says it. */
export const readPort = (line: string): number | null =>
  line.startsWith(LISTENS) ? Number(line.slice(LISTENS.length)) : null

/**
 * Starts a server as a process of its own, which ends with this one.
 * @param env `TOOL_SECRET` for `orders`, `MCP_TOKEN` for `parts`; `PORT` for a certain port
 * @example
 * const orders = await startToolServer('orders', { TOOL_SECRET: 'whsec_…' })
 */
export async function startToolServer(
  name: ToolServerName,
  env: Readonly<Record<string, string>> = {},
): Promise<ToolServer> {
  const child = fork(toolServerProgram(name), { env: { ...process.env, ...env }, execArgv: [], silent: true })
  const output: string[] = []
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on('line', (line) => {
        output.push(line)
        const found = readPort(line)
        if (found !== null) resolve(found)
      })
    child.once('error', reject)
    child.once('close', () => reject(new Error(`The tool server ${name} ended:\n${output.join('\n')}`)))
  })
  const host = `127.0.0.1:${port}`
  return {
    url: `http://${host}`,
    host,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
