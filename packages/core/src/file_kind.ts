/** By what a file begins with, in characters of a byte each. The last two no assistant takes, and some browsers can read. */
const BEGINNINGS: readonly [type: string, pattern: RegExp][] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xFF\xD8\xFF/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/gif', /^GIF8/],
  ['application/pdf', /^%PDF-/],
  ['image/avif', /^[^]{4}ftyp[^]*avi[fs]/],
  ['image/heic', /^[^]{4}ftyp[^]*(hei[cxms]|hev[cxms]|mif1|msf1)/],
]

/** By what a name ends with. Some systems know none of these, and call a table of theirs a program's. */
const ENDINGS: readonly [type: string, pattern: RegExp][] = [
  ['text/markdown', /\.(md|markdown)$/i],
  ['text/csv', /\.csv$/i],
  ['text/plain', /\.(txt|text|log)$/i],
]

const BEGINNING = 64
const TEXT_SAMPLE = 4096

/** The media type of a file: by its content, else by the ending of its name, else what it is said to be. */
export async function typeOf(blob: Blob, name: string): Promise<string> {
  const bytes = new Uint8Array(await blob.slice(0, TEXT_SAMPLE).arrayBuffer())
  const beginning = String.fromCharCode(...bytes.subarray(0, BEGINNING))
  const found =
    BEGINNINGS.find(([, pattern]) => pattern.test(beginning)) ?? ENDINGS.find(([, pattern]) => pattern.test(name))
  return found?.[0] ?? (blob.type.replace(/;.*/s, '').trim().toLowerCase() || (isText(bytes) ? 'text/plain' : ''))
}

function isText(bytes: Uint8Array): boolean {
  try {
    return !/\0/.test(new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }))
  } catch {
    return false
  }
}
