import type { ServerResponse } from 'node:http'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Far more than any limit, and than what lies in the buffers of both ends of a connection. */
const MOST = 64_000_000
const PIECE = 64_000

export interface Poured {
  /** Before compression. */
  bytes: number
  /** Whether the reader closed the connection before the end. */
  wasClosed: boolean
}

/** Sends a text over and over, until the reader closes the connection or has taken 64 MB. */
export async function pour(text: string, response: ServerResponse, compress?: Transform): Promise<Poured> {
  const piece = Buffer.from(text.repeat(Math.ceil(PIECE / text.length)))
  let bytes = 0
  function* pieces(): Generator<Buffer> {
    for (; bytes < MOST; bytes += piece.length) yield piece
  }
  const source = Readable.from(pieces())
  const sent = compress ? pipeline(source, compress, response) : pipeline(source, response)
  const wasClosed = await sent.then(
    () => false,
    () => true,
  )
  return { bytes, wasClosed }
}
