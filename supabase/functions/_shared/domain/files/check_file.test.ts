import type { FileType } from '@loacl/wire'
import { describe, expect, it } from 'vitest'
import {
  concat,
  extended,
  frame,
  jpegSegment,
  lossless,
  lossy,
  makeGif,
  makeJpeg,
  makePdf,
  makePng,
  makeWebp,
  pngChunk,
  riff,
  toText,
  webpChunk,
} from '../../test/sample_files.ts'
import { checkFile } from './check_file.ts'

const outcome = (bytes: Uint8Array, type: FileType): unknown => {
  try {
    return checkFile(bytes, type)
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

const HTML = toText('<html><script>alert(1)</script></html>')
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
/** The end of an archive: no entries, and a comment as long as what follows. */
const archive = (comment = 0): Uint8Array => {
  const end = new Uint8Array(22)
  end.set([0x50, 0x4b, 5, 6])
  end[20] = comment
  return end
}
const SEVEN_ZIP = Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c)
/** In a GIF. */
const comment = (said: Uint8Array): Uint8Array => concat(Uint8Array.of(0x21, 0xfe, said.length), said, Uint8Array.of(0))

const repeat = (piece: Uint8Array, times: number): Uint8Array =>
  new Uint8Array(piece.length * times).map((_, at) => piece[at % piece.length]!)

const PICTURES: readonly [FileType, Uint8Array][] = [
  ['image/png', makePng(3, 2)],
  ['image/jpeg', makeJpeg(3, 2)],
  ['image/gif', makeGif(3, 2)],
  ['image/webp', makeWebp(3, 2)],
  ['image/webp', riff(lossless(3, 2))],
  ['image/webp', riff(extended(3, 2), lossless(3, 2))],
  ['image/webp', riff(extended(3, 2), webpChunk('ANIM', new Uint8Array(6)), frame(3, 2), frame(1, 1))],
]
const OTHERS: readonly [FileType, Uint8Array][] = [
  ['application/pdf', makePdf()],
  ['text/plain', toText('Grüße 👋\n')],
  ['text/plain', toText('\uFEFFwith a byte order mark')],
  ['text/markdown', toText('# Title\n\n<p align="center">In Markdown</p>\n')],
  ['text/csv', toText('a;b\n1;2\n')],
]

describe('a whole file', () => {
  it.each(PICTURES)('%s has its size', (type, bytes) => {
    expect(outcome(bytes, type)).toEqual({ width: 3, height: 2 })
  })

  it.each(OTHERS)('%s is taken', (type, bytes) => {
    expect(outcome(bytes, type)).toBeNull()
  })

  it.each([...PICTURES, ...OTHERS.slice(0, 1)])('%s is refused wherever it is cut', (type, bytes) => {
    // What follows the end mark of a PDF is white space.
    const shortest = type === 'application/pdf' ? bytes.length - 1 : bytes.length
    for (let length = 1; length < shortest; length++)
      expect([length, outcome(bytes.subarray(0, length), type)]).toEqual([
        length,
        expect.stringMatching(/^file_(malformed|mismatch)$/),
      ])
  })

  it.each(PICTURES)('%s is refused with anything behind it', (type, bytes) => {
    for (const more of [HTML, archive(), makePdf(), Uint8Array.of(0)])
      expect(outcome(concat(bytes, more), type)).toBe('file_malformed')
  })

  it.each([...PICTURES, ...OTHERS])('%s is nothing else', (type, bytes) => {
    const isText = type.startsWith('text/')
    const others = (
      ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf', 'text/plain'] as const
    ).filter((other) => other !== type && !(isText && other === 'text/plain'))
    expect(others.map((other) => outcome(bytes, other))).toEqual(others.map(() => 'file_mismatch'))
  })
})

describe('metadata', () => {
  const exif = toText('Exif\0\0MM\0*\0\0\0\x08 GPS')
  it.each<[string, FileType, Uint8Array]>([
    ['EXIF in a JPEG', 'image/jpeg', makeJpeg(2, 2, [jpegSegment(0xe1, exif)])],
    ['XMP in a JPEG', 'image/jpeg', makeJpeg(2, 2, [jpegSegment(0xe1, toText('http://ns.adobe.com/xap/1.0/\0'))])],
    ['IPTC in a JPEG', 'image/jpeg', makeJpeg(2, 2, [jpegSegment(0xed, toText('Photoshop 3.0\0'))])],
    ['eXIf in a PNG', 'image/png', makePng(2, 2, [pngChunk('eXIf', exif)])],
    ['XMP in a PNG', 'image/png', makePng(2, 2, [pngChunk('iTXt', toText('XML:com.adobe.xmp\0\0\0\0\0<x/>'))])],
    ['EXIF as text in a PNG', 'image/png', makePng(2, 2, [pngChunk('zTXt', toText('Raw profile type exif\0\0x'))])],
    [
      'EXIF as texts of its own in a PNG',
      'image/png',
      makePng(2, 2, [pngChunk('tEXt', toText('exif:GPSLatitude\x0059/1, 20/1, 1/1'))]),
    ],
    [
      'a place in a text in a PNG',
      'image/png',
      makePng(2, 2, [pngChunk('iTXt', toText('xmp:CreatorTool\0\0\0\0\0x'))]),
    ],
    ['EXIF in a WebP', 'image/webp', riff(extended(2, 2), lossy(2, 2), webpChunk('EXIF', exif))],
    ['XMP in a WebP', 'image/webp', riff(extended(2, 2), lossy(2, 2), webpChunk('XMP ', exif))],
    [
      'XMP in a GIF',
      'image/gif',
      makeGif(2, 2, [concat(Uint8Array.of(0x21, 0xff, 11), toText('XMP DataXMP'), Uint8Array.of(1, 65, 0))]),
    ],
  ])('%s is refused', (_, type, bytes) => {
    expect(outcome(bytes, type)).toBe('file_has_metadata')
  })

  it.each<[string, FileType, Uint8Array]>([
    ['a colour profile in a JPEG', 'image/jpeg', makeJpeg(2, 2, [jpegSegment(0xe2, toText('ICC_PROFILE\0'))])],
    ['another text in a PNG', 'image/png', makePng(2, 2, [pngChunk('tEXt', toText('Software\0A program'))])],
    [
      'the loop of a GIF',
      'image/gif',
      makeGif(2, 2, [concat(Uint8Array.of(0x21, 0xff, 11), toText('NETSCAPE2.0'), Uint8Array.of(3, 1, 0, 0, 0))]),
    ],
  ])('%s is none', (_, type, bytes) => {
    expect(outcome(bytes, type)).toEqual({ width: 2, height: 2 })
  })
})

describe('a picture that says it is huge', () => {
  const [side, all] = [40_000, 8_000]
  it.each<[string, FileType, Uint8Array]>([
    ['PNG', 'image/png', makePng(side, side, [], false)],
    ['PNG of many pixels', 'image/png', makePng(all, all, [], false)],
    ['PNG of the largest number', 'image/png', makePng(0xffff_ffff, 1, [], false)],
    ['JPEG', 'image/jpeg', makeJpeg(side, side)],
    ['GIF', 'image/gif', makeGif(side, side)],
    ['GIF in its frame', 'image/gif', makeGif(2, 2, [], { width: side, height: side })],
    ['WebP', 'image/webp', riff(extended(side, side), lossy(2, 2))],
    ['WebP in its picture', 'image/webp', riff(extended(2, 2), lossless(16_384, 16_384))],
    ['WebP in its frame', 'image/webp', riff(extended(2, 2), frame(16_383, 16_383))],
  ])('%s is refused by its header', (_, type, bytes) => {
    expect(outcome(bytes, type)).toBe('file_too_large')
  })

  it('is refused where it has none', () => {
    expect(outcome(makePng(0, 2, [], false), 'image/png')).toBe('file_malformed')
    expect(outcome(makeJpeg(2, 0), 'image/jpeg')).toBe('file_malformed')
  })
})

describe('a picture of very many pieces', () => {
  it.each<[FileType, (times: number) => Uint8Array]>([
    ['image/png', (times) => makePng(2, 2, [repeat(pngChunk('tEXt'), times)])],
    ['image/jpeg', (times) => makeJpeg(2, 2, [repeat(jpegSegment(0xfe, new Uint8Array()), times)])],
    ['image/gif', (times) => makeGif(2, 2, [repeat(comment(toText('a')), times)])],
    ['image/webp', (times) => riff(extended(2, 2), lossless(2, 2), repeat(webpChunk('ABCD', new Uint8Array()), times))],
  ])('%s is refused, and of many it is not', (type, make) => {
    expect(outcome(make(50_000), type)).toEqual({ width: 2, height: 2 })
    expect(outcome(make(100_000), type)).toBe('file_malformed')
  })

  it('that are its pixels is taken', () => {
    const jpeg = makeJpeg(2, 2)
    const pixels = repeat(Uint8Array.of(0xff, 0, 0xff, 0xd0), 1_000_000)
    expect(outcome(concat(jpeg.subarray(0, -2), pixels, jpeg.subarray(-2)), 'image/jpeg')).toEqual({
      width: 2,
      height: 2,
    })
  })
})

describe('two files in one', () => {
  it.each<[string, FileType, Uint8Array]>([
    ['a JPEG that is a PDF', 'image/jpeg', makeJpeg(2, 2, [jpegSegment(0xfe, makePdf())])],
    [
      'a GIF that is a PDF',
      'image/gif',
      makeGif(2, 2, [concat(Uint8Array.of(0x21, 0xfe, 5), toText('%PDF-'), Uint8Array.of(0))]),
    ],
    [
      'a PNG that is an archive',
      'image/png',
      concat(makePng(2, 2, [pngChunk('tEXt', concat(toText('a\0'), archive(20)))])),
    ],
    // As unzip and Python read it.
    [
      'a PNG that is an archive with a comment cut short',
      'image/png',
      makePng(2, 2, [pngChunk('tEXt', concat(toText('a\0'), archive(255)))]),
    ],
    ['a GIF that is a RAR archive', 'image/gif', makeGif(2, 2, [comment(toText('Rar!\x1a\x07\0'))])],
    ['a JPEG that is a 7z archive', 'image/jpeg', makeJpeg(2, 2, [jpegSegment(0xfe, SEVEN_ZIP)])],
    ['a PDF that is an archive', 'application/pdf', concat(makePdf(), toText('%'), archive(6), toText('\n%%EOF'))],
    ['a PDF behind a page', 'application/pdf', concat(HTML, makePdf())],
    ['a PDF with something behind its end', 'application/pdf', concat(makePdf(), HTML)],
    ['a text that is a PDF', 'text/plain', concat(toText('hello\n'), makePdf())],
  ])('%s is refused', (_, type, bytes) => {
    expect(outcome(bytes, type)).toMatch(/^file_(malformed|mismatch)$/)
  })
})

describe('a text', () => {
  it.each<[string, Uint8Array]>([
    ['an SVG with a script', toText(SVG)],
    ['an SVG behind a declaration', toText(`\uFEFF\n<?xml version="1.0"?>${SVG}`)],
    ['a page', toText(' <!DOCTYPE html><p>Hi</p>')],
    ['a page without a head', HTML],
    [
      'an SVG with a prefix',
      toText('<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:script>alert(1)</s:script></s:svg>'),
    ],
    ['a page with a prefix', toText('<x:html xmlns:x="http://www.w3.org/1999/xhtml"><x:script/></x:html>')],
    ['U+0000', toText('a\0b')],
    ['Latin 1', Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)],
    ['a lone surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x41, 0x00)],
  ])('%s is refused', (_, bytes) => {
    for (const type of ['text/plain', 'text/markdown', 'text/csv'] as const)
      expect(outcome(bytes, type)).toBe('file_malformed')
  })
})

describe('a PDF', () => {
  it.each([
    ['/Root 1 0 R/Encrypt 5 0 R'],
    ['/Encrypt<</Filter/Standard/V 2>>/Root 1 0 R'],
    ['/Encrypt\r\n  12\n0 R /Root 1 0 R'],
    // Any letter of a name may be written as its number.
    ['/Root 1 0 R/#45ncrypt 5 0 R'],
    ['/E#6ecr#79#70t<</Filter/Standard/V 2>>/Root 1 0 R'],
    ['/#45#6E#63#72#79#70#74 5 0 R'],
  ])('with the trailer %j is protected', (trailer) => {
    expect(outcome(makePdf(trailer), 'application/pdf')).toBe('file_encrypted')
  })

  it('is protected wherever its trailer stands', () => {
    for (const place of [1_048_570, 1_048_576, 2_097_151]) {
      const pdf = makePdf('/Encrypt 5 0 R')
      const at = Buffer.from(pdf).indexOf('/Encrypt')
      const moved = concat(pdf.subarray(0, at), new Uint8Array(place - at).fill(0x20), pdf.subarray(at))
      expect(outcome(moved, 'application/pdf')).toBe('file_encrypted')
    }
  })

  it.each([['/EncryptMetadata true'], ['/#45ncryptMetadata true'], ['/#65ncrypt 5 0 R'], ['/##45ncrypt 5 0 R']])(
    'that speaks of encryption by %s is none that is protected',
    (entry) => {
      expect(outcome(makePdf(`/Root 1 0 R${entry}`), 'application/pdf')).toBeNull()
    },
  )
})
