// What is read and taken off files before they are uploaded, by bytes: browsers that draw are in e2e/specs/uploads.spec.ts.
import { describe, expect, it } from 'vitest'
import {
  concat,
  extended,
  jpegSegment,
  lossless,
  makeGif,
  makeJpeg,
  makePdf,
  makePng,
  makeWebp,
  pngChunk,
  riff,
  toText,
} from '../../../supabase/functions/_shared/test/sample_files.ts'
import { typeOf } from '../src/file_kind.ts'
import { withoutMetadata } from '../src/picture_metadata.ts'
import { readPixelSize } from '../src/picture_size.ts'

type Bytes = Uint8Array<ArrayBuffer>

const u32 = (value: number): Bytes => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
const box = (name: string, ...content: Bytes[]): Bytes => {
  const all = concat(...content)
  return concat(u32(all.length + 8), toText(name), all)
}
const heic = (brand: string, ...sizes: [number, number][]): Bytes =>
  concat(
    box('ftyp', toText(brand), u32(0), toText('mif1')),
    ...sizes.map(([width, height]) => box('ispe', u32(0), u32(width), u32(height))),
  )

describe('the type of a file', () => {
  it.each<[string, Bytes, string, string]>([
    ['image/png', makePng(), 'photo.jpg', 'image/jpeg'],
    ['image/jpeg', makeJpeg(), '', ''],
    ['image/webp', makeWebp(), 'a.txt', ''],
    ['image/gif', makeGif(), '', 'text/plain'],
    ['application/pdf', makePdf(), '', ''],
    ['image/heic', heic('heic'), 'IMG_1.HEIC', ''],
    ['image/avif', heic('avif'), '', 'image/avif'],
    ['text/markdown', toText('# Hello'), 'README.MD', ''],
    ['text/csv', toText('a;b'), 'a.csv', 'application/vnd.ms-excel'],
    ['text/plain', toText('Hello'), 'a.log', ''],
    ['text/plain', toText('Grüße'), 'README', ''],
    ['text/plain', toText('Hello'), 'a', 'Text/Plain; charset=utf-8'],
    ['application/zip', toText('PK'), 'a.zip', 'application/zip'],
    ['', Uint8Array.of(0, 1, 2), 'a.bin', ''],
    ['', Uint8Array.of(0x47, 0x72, 0xfc), 'latin', ''],
  ])('is %j', async (type, bytes, name, said) => {
    expect(await typeOf(new Blob([bytes], { type: said }), name)).toBe(type)
  })

  it('is a text’s, wherever its first bytes are cut', async () => {
    expect(await typeOf(new Blob([toText(`a${'ü'.repeat(4_000)}`)]), 'notes')).toBe('text/plain')
  })
})

describe('the size of a picture', () => {
  it.each<[string, Bytes, number, number]>([
    ['image/png', makePng(40_000, 30_000, [], false), 40_000, 30_000],
    ['image/jpeg', makeJpeg(640, 480), 640, 480],
    ['image/jpeg', makeJpeg(9, 7, [jpegSegment(0xe1, new Uint8Array(60_000)), Uint8Array.of(0xff, 0xff)]), 9, 7],
    ['image/webp', makeWebp(64, 32), 64, 32],
    ['image/webp', riff(lossless(300, 200)), 300, 200],
    ['image/webp', riff(extended(16_000, 12_000)), 16_000, 12_000],
    ['image/heic', heic('heic', [512, 512], [8_064, 6_048]), 8_064, 6_048],
  ])('%s is in its header', async (type, bytes, width, height) => {
    expect(await readPixelSize(new Blob([bytes]), type)).toEqual({ width, height })
  })

  it.each<[string, Bytes]>([
    ['image/png', makePng(0, 3, [], false)],
    ['image/png', makePng().subarray(0, 20)],
    ['image/jpeg', makeJpeg().subarray(0, 12)],
    ['image/jpeg', concat(makeJpeg().subarray(0, 2), new Uint8Array(20))],
    ['image/webp', makeWebp().subarray(0, 20)],
    ['image/heic', heic('heic')],
  ])('%s without one has none', async (type, bytes) => {
    expect(await readPixelSize(new Blob([bytes]), type)).toBeNull()
  })
})

const clean = async (bytes: Bytes, type: string): Promise<Bytes> =>
  new Uint8Array(await (await withoutMetadata(new Blob([bytes], { type }))).arrayBuffer())

describe('metadata', () => {
  it('that Safari writes into a JPEG is taken off, and nothing else', async () => {
    const profile = jpegSegment(0xe2, toText('ICC_PROFILE\0'))
    const noted = makeJpeg(8, 6, [
      jpegSegment(0xe1, toText('Exif\0\0MM')),
      profile,
      jpegSegment(0xed, toText('Photoshop 3.0\0')),
    ])
    expect(await clean(noted, 'image/jpeg')).toEqual(makeJpeg(8, 6, [profile]))
  })

  it('that Safari writes into a PNG is taken off, and nothing else', async () => {
    const kept = pngChunk('sRGB', Uint8Array.of(0))
    const noted = makePng(8, 6, [kept, pngChunk('eXIf', toText('MM')), pngChunk('iTXt', toText('XML:com.adobe.xmp\0'))])
    expect(await clean(noted, 'image/png')).toEqual(makePng(8, 6, [kept]))
  })

  it('is none in a WebP that a browser has written', async () => {
    expect(await clean(makeWebp(), 'image/webp')).toEqual(makeWebp())
  })
})
