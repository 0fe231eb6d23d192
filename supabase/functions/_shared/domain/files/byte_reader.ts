import { malformed } from './refusals.ts'

/** A real picture has some thousands. Many millions, of a few bytes each, would take a worker's time for all that it does. */
const MAX_PIECES = 100_000

/** Reads a file from its beginning. What isn't there any more is `file_malformed`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #pieces = 0
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length
  }

  /** Another of the pieces that the file is made of begins. */
  beginPiece(): void {
    if (++this.#pieces > MAX_PIECES) throw malformed('it is made of too many pieces')
  }

  /** Reads past so many bytes, and says where they begin. */
  skip(length: number): number {
    const from = this.at
    if (length > this.#bytes.length - from) throw malformed('it ends too early')
    this.at = from + length
    return from
  }

  /** The next bytes, which are read past. */
  take(length: number): Uint8Array {
    const from = this.skip(length)
    return this.#bytes.subarray(from, this.at)
  }

  /** A character for each byte; for the short names in headers. */
  text(length: number): string {
    return String.fromCharCode(...this.take(length))
  }

  u8(): number {
    return this.#bytes[this.skip(1)]!
  }

  u16(littleEndian = false): number {
    return this.#view.getUint16(this.skip(2), littleEndian)
  }

  u24le(): number {
    const low = this.u16(true)
    return low + this.u8() * 0x1_00_00
  }

  u32(littleEndian = false): number {
    return this.#view.getUint32(this.skip(4), littleEndian)
  }

  /** Reads past everything up to the next two bytes of which the first is this and the second is accepted. They are not read. */
  skipTo(first: number, accepts: (second: number) => boolean): void {
    const bytes = this.#bytes
    for (let at = this.at; at + 1 < bytes.length; at++)
      if (bytes[at] === first && accepts(bytes[at + 1]!)) {
        this.at = at
        return
      }
    throw malformed('it ends too early')
  }
}
