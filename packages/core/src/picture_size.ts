export interface PixelSize {
  width: number
  height: number
}

/** A picture's header may come behind a lot of other things: some read ahead. */
const HEIC_HEADER = 1_048_576

const read = async (blob: Blob, from: number, length: number): Promise<DataView> =>
  new DataView(await blob.slice(from, from + length).arrayBuffer())

const READERS: { readonly [type: string]: (blob: Blob) => Promise<PixelSize> } = {
  async 'image/png'(blob) {
    const header = await read(blob, 16, 8)
    return { width: header.getUint32(0), height: header.getUint32(4) }
  },

  /** Segments behind markers, of which a frame's has the size: ITU-T T.81, Annex B. */
  async 'image/jpeg'(blob) {
    let at = 2
    for (;;) {
      const segment = await read(blob, at, 9)
      const marker = segment.getUint8(1)
      if (segment.getUint8(0) !== 0xff) throw new RangeError('no JPEG')
      // Any number of bytes FF may stand before a marker.
      if (marker === 0xff) at++
      else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
        return { width: segment.getUint16(7), height: segment.getUint16(5) }
      else at += 2 + segment.getUint16(2)
    }
  },

  async 'image/webp'(blob) {
    const header = await read(blob, 12, 18)
    const kind = header.getUint8(3)
    // "VP8X", "VP8L" and "VP8 ".
    if (kind === 0x58)
      return {
        width: (header.getUint32(11, true) >>> 8) + 1,
        height: (header.getUint32(14, true) >>> 8) + 1,
      }
    if (kind === 0x4c) {
      const bits = header.getUint32(9, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    return { width: header.getUint16(14, true) & 0x3fff, height: header.getUint16(16, true) & 0x3fff }
  },

  'image/heic': largestItem,
  'image/avif': largestItem,
}

/** The largest of the sizes in its properties, "ispe": ISO/IEC 23008-12, 6.5.3. */
async function largestItem(blob: Blob): Promise<PixelSize> {
  const header = await read(blob, 0, HEIC_HEADER)
  const size = { width: 0, height: 0 }
  for (let at = 0; at + 16 <= header.byteLength; at++) {
    if (header.getUint32(at) !== 0x69737065) continue
    size.width = Math.max(size.width, header.getUint32(at + 8))
    size.height = Math.max(size.height, header.getUint32(at + 12))
  }
  return size
}

/** How large a picture says that it is, without reading more than its header. `null` where it says nothing that can be read. */
export async function readPixelSize(blob: Blob, type: string): Promise<PixelSize | null> {
  try {
    const size = await READERS[type]!(blob)
    return size.width > 0 && size.height > 0 ? size : null
  } catch {
    // It ends too early.
    return null
  }
}

export const isPicture = (type: string): boolean => Object.hasOwn(READERS, type)
