import { malformed } from './refusals.ts'

// What is looked for is ASCII, which this leaves as it is.
const latin1 = new TextDecoder('latin1')
/** A directory of an archive has a comment of at most 65,535 bytes behind it. */
const ARCHIVE_END = 65_557

/**
 * Two files in one, which one program takes for a picture and another for something else. What stands behind a file's end is
 * found where its parts are read; these two are found by their readers wherever they are.
 */
export function refusePolyglots(bytes: Uint8Array, type: string): void {
  // Readers of PDF look for its mark in the first kilobyte.
  if (type !== 'application/pdf' && latin1.decode(bytes.subarray(0, 1_024)).includes('%PDF-'))
    throw malformed('it is a PDF too')
  if (endsAsArchive(bytes)) throw malformed('it is an archive too')
}

/** Readers of ZIP go back from the end, to the mark of a directory whose comment reaches to the end. */
function endsAsArchive(bytes: Uint8Array): boolean {
  const end = bytes.subarray(-ARCHIVE_END)
  for (let at = end.indexOf(0x50); at >= 0 && at + 22 <= end.length; at = end.indexOf(0x50, at + 1))
    if (
      end[at + 1] === 0x4b &&
      end[at + 2] === 0x05 &&
      end[at + 3] === 0x06 &&
      at + 22 + end[at + 20]! + end[at + 21]! * 256 <= end.length
    )
      return true
  return false
}
