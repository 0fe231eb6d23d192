import { ByteReader } from './byte_reader.ts'
import { checkPixels, type PixelSize } from './pixel_size.ts'
import { hasMetadata, malformed } from './refusals.ts'

/** The colours of a table, by the flags that stand before it. */
const tableLength = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

/** GIF89a specification: a screen, then pictures and extensions, to the trailer. */
export function readGif(bytes: Uint8Array): PixelSize {
  const reader = new ByteReader(bytes)
  if (!/^GIF8[79]a$/.test(reader.text(6))) throw malformed('it is no GIF')
  const size = { width: reader.u16(true), height: reader.u16(true) }
  const flags = reader.u8()
  reader.skip(2 + tableLength(flags))
  let hasPixels = false
  for (let block = reader.u8(); block !== 0x3b; block = reader.u8()) {
    reader.beginPiece()
    if (block === 0x2c) {
      reader.skip(4)
      // A picture may be larger than the screen, and a reader make room for it.
      checkPixels({ width: reader.u16(true), height: reader.u16(true) })
      reader.skip(tableLength(reader.u8()) + 1)
      skipSubBlocks(reader)
      hasPixels = true
    } else if (block === 0x21) {
      const isApplication = reader.u8() === 0xff
      const length = reader.u8()
      const name = reader.text(length)
      if (isApplication && /^XMP/i.test(name)) throw hasMetadata('XMP')
      if (length > 0) skipSubBlocks(reader)
    } else throw malformed('it is no GIF')
  }
  if (!hasPixels || !reader.isAtEnd) throw malformed('it is more or less than one GIF')
  return size
}

function skipSubBlocks(reader: ByteReader): void {
  for (let length = reader.u8(); length > 0; length = reader.u8()) reader.skip(length)
}
