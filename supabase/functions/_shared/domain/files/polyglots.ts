import { malformed } from './refusals.ts'
import { holds } from './search_bytes.ts'

/** With what the directory at the end of a ZIP archive begins. */
const ZIP_END = 'PK\x05\x06'
/** The directory has 22 bytes, and a comment of at most 65,535 bytes behind it. */
const ZIP_END_BYTES = 65_557
/** With what RAR and 7z archives begin. */
const ARCHIVES = ['Rar!\x1A\x07', "7z\xBC\xAF'\x1C"]

/**
 * Two files in one, which one program takes for a picture and another for something else. What stands behind a file's end is
 * found where its parts are read; these are found by their readers wherever they are.
 */
export function refusePolyglots(bytes: Uint8Array, type: string): void {
  // Readers of PDF look for its mark in the first kilobyte.
  if (type !== 'application/pdf' && holds(bytes.subarray(0, 1_024), '%PDF-')) throw malformed('it is a PDF too')
  // Readers of ZIP go back from the end. Many take a comment that should be longer for what there is of it.
  if (holds(bytes.subarray(-ZIP_END_BYTES), ZIP_END) || ARCHIVES.some((mark) => holds(bytes, mark)))
    throw malformed('it is an archive too')
}
