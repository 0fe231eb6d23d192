import { ByteReader } from './byte_reader.ts'
import { checkPixels, type PixelSize } from './pixel_size.ts'
import { hasMetadata, malformed } from './refusals.ts'

/** WebP container specification (RFC 9649): one RIFF that is the whole file. */
export function readWebp(bytes: Uint8Array): PixelSize {
  const reader = new ByteReader(bytes)
  if (reader.text(4) !== 'RIFF') throw malformed('it is no WebP')
  // An odd number of bytes is filled up.
  if (reader.u32(true) + 8 !== bytes.length || reader.text(4) !== 'WEBP')
    throw malformed('it is more or less than one WebP')
  let size: PixelSize | null = null
  let hasPixels = false
  while (!reader.isAtEnd) {
    reader.beginPiece()
    const type = reader.text(4)
    const length = reader.u32(true)
    const chunk = new ByteReader(reader.take(length))
    if (length % 2 === 1) reader.skip(1)
    if (size === null && !/^VP8[ LX]$/.test(type)) throw malformed('it is no WebP')
    if (type === 'EXIF' || type === 'XMP ') throw hasMetadata(type.trim())
    if (type === 'VP8X') {
      chunk.skip(4)
      size ??= { width: chunk.u24le() + 1, height: chunk.u24le() + 1 }
    }
    if (type === 'VP8 ' || type === 'VP8L') {
      const drawn = type === 'VP8 ' ? readLossy(chunk) : readLossless(chunk)
      checkPixels(drawn)
      size ??= drawn
      hasPixels = true
    }
    // A frame of an animation: its place, its size, its time, then chunks of its own.
    if (type === 'ANMF') {
      chunk.skip(6)
      checkPixels({ width: chunk.u24le() + 1, height: chunk.u24le() + 1 })
      hasPixels = true
    }
  }
  if (!size || !hasPixels) throw malformed('it holds no picture')
  return size
}

/** RFC 6386, 9.1: a frame tag, a start code, and two sizes of 14 bits. */
function readLossy(chunk: ByteReader): PixelSize {
  chunk.skip(3)
  if (chunk.text(3) !== '\x9D\x01\x2A') throw malformed('it is no WebP')
  return { width: chunk.u16(true) & 0x3fff, height: chunk.u16(true) & 0x3fff }
}

function readLossless(chunk: ByteReader): PixelSize {
  if (chunk.u8() !== 0x2f) throw malformed('it is no WebP')
  const bits = chunk.u32(true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}
