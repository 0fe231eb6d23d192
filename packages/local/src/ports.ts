import { randomInt } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'

/**
 * Where a part should listen: this very port; `near` or else the next free one, passing over `avoid`; or, left out, any
 * free port.
 */
export type PortRequest = number | { near: number; avoid?: readonly number[] } | undefined

/** A port that was asked for is taken. */
export class PortBusyError extends Error {
  override name = 'PortBusyError' as const
  readonly port: number
  /** @param tries how many ports from this one on were tried */
  constructor(what: string, port: number, tries = 1) {
    const last = port + tries - 1
    super(
      tries === 1
        ? `Port ${port} (${what}) is in use. Free it or ask for another one.`
        : `Ports ${port} to ${last} (${what}) are in use. Free one of them or ask for another one.`,
    )
    this.port = port
  }
}

export const HOST = '127.0.0.1'
const TRIES = 50

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')

function tryListen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off('listening', onListening)
      reject(error)
    }
    const onListening = (): void => {
      server.off('error', onError)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    }
    server.once('error', onError).once('listening', onListening)
    server.listen({ port, host: HOST, exclusive: true })
  })
}

/**
 * Listens as wished, on the loopback address alone.
 * @param onBusy is told about each port that was tried and is taken
 * @throws PortBusyError where one exact port was requested
 */
export async function listen(
  server: Server,
  what: string,
  requested: PortRequest,
  onBusy?: (port: number) => void,
): Promise<number> {
  const first = typeof requested === 'number' ? requested : (requested?.near ?? 0)
  const tries = typeof requested === 'object' ? TRIES : 1
  const avoid = typeof requested === 'object' ? requested.avoid : undefined
  for (let port = first; port < first + tries; port++) {
    if (port !== first && avoid?.includes(port)) continue
    try {
      return await tryListen(server, port)
    } catch (error) {
      if (!isBusy(error)) throw error
      onBusy?.(port)
    }
  }
  throw new PortBusyError(what, first, tries)
}

export interface ReservedPort {
  port: number
  /** Right before the program starts: from then on, another one may take it. */
  release(): Promise<void>
}

/** Outside the ranges from which systems hand out ports, so one that is let go for a moment stays free. */
const quietPort = (): PortRequest => ({ near: randomInt(20_000, 30_000) })

/** A port for a program that opens its own, kept from others until it does. */
export async function reservePort(
  what: string,
  requested: PortRequest = quietPort(),
  onBusy?: (port: number) => void,
): Promise<ReservedPort> {
  const server = createServer()
  const port = await listen(server, what, requested, onBusy)
  let released: Promise<void> | undefined
  return { port, release: () => (released ??= new Promise((resolve) => server.close(() => resolve()))) }
}

/** A free port for a program that opens its own at once. */
export async function findPort(what: string, requested: PortRequest, onBusy?: (port: number) => void): Promise<number> {
  const { port, release } = await reservePort(what, requested, onBusy)
  await release()
  return port
}

/** Stops listening and ends what is still open, streams too. */
export function closeServer(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
