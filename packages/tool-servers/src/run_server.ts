import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'

/** Begins the line that says at which port a server listens. */
export const LISTENS = 'loacl-tool-server-listens:'

/** @throws Error where the environment lacks it */
export function requireVariable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`The environment variable ${name} is missing.`)
  return value
}

export const serveFetch = (handle: (request: Request) => Promise<Response>): Server =>
  createAdaptorServer({ fetch: handle, overrideGlobalObjects: false }) as Server

/** Listens at `PORT`, or any free port, of this machine alone, and ends with whoever started it. */
export async function runServer(server: Server): Promise<void> {
  server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1')
  await once(server, 'listening')
  process.stdout.write(`${LISTENS}${(server.address() as AddressInfo).port}\n`)
  process.once('disconnect', () => process.exit())
}
