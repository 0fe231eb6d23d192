import { ByteReader } from './byte_reader.ts'
import type { PixelSize } from './pixel_size.ts'
import { hasMetadata, malformed } from './refusals.ts'

const SIGNATURE = '\x89PNG\r\n\x1A\n'

/**
 * What programs call the texts that hold EXIF, XMP and IPTC, each in one of the three kinds of text chunks. ImageMagick writes
 * each field as a text of its own, as `exif:GPSLatitude`.
 */
const METADATA_TEXT = /^(xml:com\.adobe\.xmp\0|raw profile type (exif|app1|xmp|iptc|8bim)\0|(exif|xmp|iptc|8bim|gps):)/i

/** PNG, W3C, third edition: a signature, then chunks, of which IHDR is first and IEND last. */
export function readPng(bytes: Uint8Array): PixelSize {
  const reader = new ByteReader(bytes)
  if (reader.text(8) !== SIGNATURE) throw malformed('it is no PNG')
  let size: PixelSize | null = null
  let hasPixels = false
  for (;;) {
    reader.beginPiece()
    const length = reader.u32()
    const type = reader.text(4)
    if (!/^[A-Za-z]{4}$/.test(type) || (type === 'IHDR') !== (size === null)) throw malformed('it is no PNG')
    const from = reader.at
    if (type === 'IHDR') size = { width: reader.u32(), height: reader.u32() }
    if (type === 'IDAT') hasPixels = true
    if (type === 'eXIf') throw hasMetadata('EXIF')
    if (/^(tEXt|zTXt|iTXt)$/.test(type) && METADATA_TEXT.test(reader.text(Math.min(length, 80))))
      throw hasMetadata('XMP')
    if (reader.at - from > length) throw malformed('it is no PNG')
    // With its checksum.
    reader.skip(length - (reader.at - from) + 4)
    if (type === 'IEND') break
  }
  if (!size || !hasPixels || !reader.isAtEnd) throw malformed('it is more or less than one PNG')
  return size
}
