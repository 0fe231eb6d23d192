import { crc32, deflateSync } from 'node:zlib'

type Bytes = Uint8Array<ArrayBuffer>

const ascii = (text: string): Bytes => Uint8Array.from(text, (character) => character.charCodeAt(0))
export const concat = (...pieces: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(pieces))
const u32 = (value: number, littleEndian = false): Bytes => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, littleEndian)
  return bytes
}
const u16 = (value: number, littleEndian = false): Bytes => {
  const bytes = new Uint8Array(2)
  new DataView(bytes.buffer).setUint16(0, value, littleEndian)
  return bytes
}

export const pngChunk = (type: string, data: Uint8Array = new Uint8Array()): Bytes => {
  const named = concat(ascii(type), data)
  return concat(u32(data.length), named, u32(crc32(named)))
}

/** A grey picture. `more` stands before its pixels. */
export function makePng(width = 2, height = 2, more: readonly Uint8Array[] = [], pixels = true): Bytes {
  const rows = pixels ? new Uint8Array(height * (width + 1)) : new Uint8Array(1)
  return concat(
    ascii('\x89PNG\r\n\x1A\n'),
    pngChunk('IHDR', concat(u32(width), u32(height), Uint8Array.of(8, 0, 0, 0, 0))),
    ...more,
    pngChunk('IDAT', new Uint8Array(deflateSync(rows))),
    pngChunk('IEND'),
  )
}

export const jpegSegment = (marker: number, data: Uint8Array): Bytes =>
  concat(Uint8Array.of(0xff, marker), u16(data.length + 2), data)

/** What a JPEG is made of; no decoder is asked what it shows. */
export function makeJpeg(width = 2, height = 2, more: readonly Uint8Array[] = []): Bytes {
  return concat(
    Uint8Array.of(0xff, 0xd8),
    jpegSegment(0xe0, ascii('JFIF\0\x01\x01\0\0\x01\0\x01\0\0')),
    ...more,
    jpegSegment(0xc0, concat(Uint8Array.of(8), u16(height), u16(width), Uint8Array.of(1, 1, 0x11, 0))),
    jpegSegment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)),
    Uint8Array.of(0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56),
    Uint8Array.of(0xff, 0xd9),
  )
}

export function makeGif(width = 2, height = 2, more: readonly Uint8Array[] = [], frame = { width, height }): Bytes {
  return concat(
    ascii('GIF89a'),
    u16(width, true),
    u16(height, true),
    Uint8Array.of(0x80, 0, 0, 0, 0, 0, 255, 255, 255),
    ...more,
    Uint8Array.of(0x2c, 0, 0, 0, 0),
    u16(frame.width, true),
    u16(frame.height, true),
    Uint8Array.of(0, 2, 2, 0x44, 0x01, 0, 0x3b),
  )
}

export const webpChunk = (type: string, data: Uint8Array): Bytes =>
  concat(ascii(type), u32(data.length, true), data, new Uint8Array(data.length % 2))

export const riff = (...chunks: readonly Uint8Array[]): Bytes => {
  const body = concat(ascii('WEBP'), ...chunks)
  return concat(ascii('RIFF'), u32(body.length, true), body)
}

export const lossless = (width: number, height: number): Bytes =>
  webpChunk(
    'VP8L',
    concat(Uint8Array.of(0x2f), u32(((width - 1) | ((height - 1) << 14)) >>> 0, true), Uint8Array.of(7)),
  )
export const lossy = (width: number, height: number): Bytes =>
  webpChunk(
    'VP8 ',
    concat(Uint8Array.of(0, 0, 0, 0x9d, 1, 0x2a), u16(width, true), u16(height, true), Uint8Array.of(0)),
  )
const u24 = (value: number): Bytes => u32(value, true).subarray(0, 3)
export const extended = (width: number, height: number): Bytes =>
  webpChunk('VP8X', concat(Uint8Array.of(0, 0, 0, 0), u24(width - 1), u24(height - 1)))
export const frame = (width: number, height: number): Bytes =>
  webpChunk('ANMF', concat(new Uint8Array(6), u24(width - 1), u24(height - 1), new Uint8Array(4), lossy(width, height)))

export const makeWebp = (width = 2, height = 2): Bytes => riff(lossy(width, height))

export const makePdf = (trailer = '/Root 1 0 R'): Bytes =>
  ascii(
    `%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n` +
      `xref\n0 1\n0000000000 65535 f \ntrailer\n<<${trailer}/Size 1>>\nstartxref\n110\n%%EOF\n`,
  )

export const toText = (text: string): Bytes => new Uint8Array(Buffer.from(text))
