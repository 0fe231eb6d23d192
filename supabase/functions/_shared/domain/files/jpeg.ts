import { ByteReader } from './byte_reader.ts'
import type { PixelSize } from './pixel_size.ts'
import { hasMetadata, malformed } from './refusals.ts'

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const APP1 = 0xe1
const APP13 = 0xed
/** Start of a frame, of all kinds: C4, C8 and CC in the same range are other things. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7

/** JPEG, ITU-T T.81, Annex B: segments behind markers, from SOI to EOI. */
export function readJpeg(bytes: Uint8Array): PixelSize {
  const reader = new ByteReader(bytes)
  if (reader.u8() !== 0xff || reader.u8() !== SOI) throw malformed('it is no JPEG')
  let size: PixelSize | null = null
  let hasPixels = false
  for (;;) {
    reader.beginPiece()
    const marker = nextMarker(reader)
    if (marker === EOI) break
    const length = reader.u16() - 2
    if (length < 0) throw malformed('it is no JPEG')
    const segment = new ByteReader(reader.take(length))
    if (marker === APP1) throw hasMetadata('EXIF')
    if (marker === APP13) throw hasMetadata('IPTC')
    if (isFrame(marker)) {
      if (size) throw malformed('it has several frames')
      segment.u8()
      const height = segment.u16()
      size = { width: segment.u16(), height }
    }
    if (marker !== SOS) continue
    hasPixels = true
    reader.skipTo(0xff, endsScan)
  }
  if (!size || !hasPixels || !reader.isAtEnd) throw malformed('it is more or less than one JPEG')
  return size
}

/** Any number of bytes FF may stand before a marker. */
function nextMarker(reader: ByteReader): number {
  if (reader.u8() !== 0xff) throw malformed('it is no JPEG')
  let marker = reader.u8()
  while (marker === 0xff) marker = reader.u8()
  if (marker === 0 || marker === SOI || isRestart(marker)) throw malformed('it is no JPEG')
  return marker
}

/** What FF stands before only at the end of a scan's pixels: in them it stands before 00 and restart markers. */
const endsScan = (next: number): boolean => next !== 0 && !isRestart(next)
