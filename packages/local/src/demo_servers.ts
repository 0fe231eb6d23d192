import { createHmac } from 'node:crypto'
import { readPort, toolServerProgram, type ToolServerName } from '@loacl/tool-servers'
import { inheritedEnvironment } from './inherited_environment.ts'
import type { Keys } from './keys.ts'
import { localUrl } from './model_provider.ts'
import { PartError, type Parts } from './parts.ts'
import { findPort } from './ports.ts'

/** What the demo's tools call: processes of their own. */
export interface DemoServers {
  /** The signed endpoint of the shop. */
  ordersUrl: string
  /** The MCP server with its spare parts. */
  partsUrl: string
  toolSecret: string
  mcpToken: string
  /** `host:port` of each, which functions would refuse as private. */
  privateHosts: readonly string[]
  /** Resolves when they listen. @throws PartError */
  ready: Promise<unknown>
}

/** Starts them, and goes on while they come up. */
export async function startDemoServers(parts: Parts, { jwtSecret }: Pick<Keys, 'jwtSecret'>): Promise<DemoServers> {
  // Made from what the stack keeps, so that its folder holds no more than before.
  const derive = (what: string) => createHmac('sha256', jwtSecret).update(what).digest()
  const toolSecret = `whsec_${derive('tool secret').toString('base64')}`
  const mcpToken = derive('MCP token').toString('base64url')
  const orders = await startServer(parts, 'orders', { TOOL_SECRET: toolSecret })
  const store = await startServer(parts, 'parts', { MCP_TOKEN: mcpToken })
  return {
    ordersUrl: `${orders.url}/`,
    partsUrl: `${store.url}/mcp`,
    toolSecret,
    mcpToken,
    privateHosts: [orders, store].map(({ url }) => new URL(url).host),
    ready: Promise.all([orders.listening, store.listening]),
  }
}

async function startServer(parts: Parts, name: ToolServerName, env: Record<string, string>) {
  const label = `tool server ${name}`
  const port = await findPort(label, undefined)
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>()
  const part = parts.start(label, process.execPath, [toolServerProgram(name)], {
    env: { ...inheritedEnvironment(), ...env, PORT: String(port) },
    onLine: (line) => readPort(line) !== null && resolve(),
  })
  void part.ended.then(() => reject(new PartError(label, `The ${label} ended.`, part.lines())))
  // Whoever awaits it is told; a stop that comes first is no failure.
  listening.catch(() => null)
  return { url: localUrl(port), listening }
}
