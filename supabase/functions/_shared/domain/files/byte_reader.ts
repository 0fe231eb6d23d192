import { malformed } from './refusals.ts'

/** Reads a file from its beginning. What isn't there any more is `file_malformed`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length
  }

  /** The next bytes, which are read past. */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.at) throw malformed('it ends too early')
    const from = this.at
    this.at += length
    return this.#bytes.subarray(from, this.at)
  }

  /** A character for each byte; for the short names in headers. */
  text(length: number): string {
    return String.fromCharCode(...this.take(length))
  }

  u8(): number {
    return this.take(1)[0]!
  }

  u16(littleEndian = false): number {
    this.take(2)
    return this.#view.getUint16(this.at - 2, littleEndian)
  }

  u24le(): number {
    const low = this.u16(true)
    return low + this.u8() * 0x1_00_00
  }

  u32(littleEndian = false): number {
    this.take(4)
    return this.#view.getUint32(this.at - 4, littleEndian)
  }

  /** Reads past everything up to the next byte of this value, which is not read. */
  skipTo(value: number): void {
    const next = this.#bytes.indexOf(value, this.at)
    if (next < 0) throw malformed('it ends too early')
    this.at = next
  }
}
