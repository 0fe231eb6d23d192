/** Takes off what a browser's own encoder notes in a picture: Safari's writes EXIF into each, which the server refuses. */
export async function withoutMetadata(blob: Blob): Promise<Blob> {
  const { type } = blob
  if (type === 'image/webp') return blob
  const bytes = new Uint8Array(await blob.arrayBuffer())
  const view = new DataView(bytes.buffer)
  const kept = type === 'image/png' ? chunksOf(bytes, view) : segmentsOf(bytes, view)
  return new Blob(kept, { type })
}

type Bytes = Uint8Array<ArrayBuffer>

/** PNG, W3C, third edition: a signature, then chunks. */
function chunksOf(bytes: Bytes, view: DataView): Bytes[] {
  const kept = [bytes.subarray(0, 8)]
  for (let at = 8; at < bytes.length;) {
    // With its length, its name and its checksum.
    const end = at + view.getUint32(at) + 12
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (!/^(eXIf|[tiz][TE]Xt)$/.test(name)) kept.push(bytes.subarray(at, end))
    at = end
  }
  return kept
}

/** JPEG, ITU-T T.81, Annex B: segments behind markers, and the pixels behind the first scan's, SOS. */
function segmentsOf(bytes: Bytes, view: DataView): Bytes[] {
  const kept = [bytes.subarray(0, 2)]
  let at = 2
  while (view.getUint8(at + 1) !== 0xda) {
    const marker = view.getUint8(at + 1)
    const end = at + 2 + view.getUint16(at + 2)
    // EXIF and XMP, and IPTC.
    if (marker !== 0xe1 && marker !== 0xed) kept.push(bytes.subarray(at, end))
    at = end
  }
  return [...kept, bytes.subarray(at)]
}
