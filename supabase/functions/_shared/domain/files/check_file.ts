import type { FileType } from '@loacl/wire'
import { readGif } from './gif.ts'
import { readJpeg } from './jpeg.ts'
import { checkPdf } from './pdf.ts'
import { checkPixels, type PixelSize } from './pixel_size.ts'
import { readPng } from './png.ts'
import { refusePolyglots } from './polyglots.ts'
import { mismatch } from './refusals.ts'
import { checkText } from './text_file.ts'
import { readWebp } from './webp.ts'

const PICTURES: Partial<Record<FileType, (bytes: Uint8Array) => PixelSize>> = {
  'image/png': readPng,
  'image/jpeg': readJpeg,
  'image/webp': readWebp,
  'image/gif': readGif,
}

/** By what a file of each kind begins with; any other is text. */
const BEGINNINGS: readonly [FileType, RegExp][] = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xFF\xD8\xFF/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/gif', /^GIF8/],
  ['application/pdf', /^%PDF-/],
]

/** What the bytes are, whatever anybody says; `text` for everything else. */
function sniff(bytes: Uint8Array): FileType | 'text' {
  const beginning = String.fromCharCode(...bytes.subarray(0, 16))
  return BEGINNINGS.find(([, pattern]) => pattern.test(beginning))?.[0] ?? 'text'
}

/**
 * Whether bytes are one whole file of the type that they are said to be, and nothing besides. Reads no more than headers: no
 * picture is drawn, and nothing is unpacked.
 *
 * @returns the size of a picture
 * @throws CodedError `file_mismatch`, `file_malformed`, `file_has_metadata`, `file_encrypted`, `file_too_large`
 */
export function checkFile(bytes: Uint8Array, type: FileType): PixelSize | null {
  const found = sniff(bytes)
  if (found !== (type.startsWith('text/') ? 'text' : type))
    throw mismatch(found === 'text' ? `it is no ${type}` : `it is ${found}`)
  refusePolyglots(bytes, type)
  const readPicture = PICTURES[type]
  if (readPicture) {
    const size = readPicture(bytes)
    checkPixels(size)
    return size
  }
  if (type === 'application/pdf') checkPdf(bytes)
  else checkText(bytes)
  return null
}
