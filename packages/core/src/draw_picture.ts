import type { FileLimits, FileType } from '@loacl/wire'
import { LoaclError } from './errors.ts'
import { readPixelSize } from './picture_size.ts'
import { withoutMetadata } from './picture_metadata.ts'

/** Pixels of the long side: no model of the large providers sees more, and some refuse a picture that has more. */
const LONG_SIDE = 2000
/** What is drawn at all. It takes four bytes a pixel while it is. */
const MAX_PIXELS = 64_000_000
const MAX_SIDE = 16_384

/** Bytes up to which a PNG without transparency stays one. */
const SMALL_PNG = 1_048_576

/** What is tried in turn until it is small enough. */
const TRIES: readonly [scale: number, quality: number][] = [
  [1, 0.85],
  [1, 0.7],
  [0.7, 0.7],
  [0.5, 0.6],
]

type Canvas = OffscreenCanvas | HTMLCanvasElement
type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D

/**
 * A picture written anew: upright, of at most 2000 pixels a side, without metadata, within the assistant's limits. `null` where
 * this browser doesn't give out what was drawn: some change it, so that nobody is told apart by it.
 *
 * @throws LoaclError `file_too_large`, `file_type_not_allowed` of what this browser can't read, `file_malformed`
 */
export async function drawPicture(
  blob: Blob,
  type: string,
  { types, maxBytes }: Pick<FileLimits, 'types' | 'maxBytes'>,
): Promise<Blob | null> {
  const isForeign = !types.includes(type as FileType)
  const size = await readPixelSize(blob, type)
  const unreadable = (cause?: unknown) =>
    new LoaclError(isForeign ? 'file_type_not_allowed' : 'file_malformed', 'This picture can’t be read here.', {
      cause,
    })
  if (!size) throw unreadable()
  const { width, height } = size
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    throw new LoaclError('file_too_large', `A picture has at most ${MAX_SIDE} pixels a side and 64 million in all.`)
  if (!givesBack()) return null
  const bitmap = await decode(blob).catch((cause: unknown) => {
    throw unreadable(cause)
  })
  try {
    return await encode(bitmap, type, types, maxBytes)
  } finally {
    bitmap.close()
  }
}

async function decode(blob: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob, { imageOrientation: 'from-image' })
  } catch (error) {
    // Browsers that don't know the word do so without it.
    if (error instanceof TypeError) return await createImageBitmap(blob)
    throw error
  }
}

async function encode(bitmap: ImageBitmap, type: string, types: readonly FileType[], maxBytes: number): Promise<Blob> {
  const fit = Math.min(1, LONG_SIDE / Math.max(bitmap.width, bitmap.height))
  let isClear: boolean | undefined
  for (const [scale, quality] of TRIES) {
    const { canvas, context } = draw(bitmap, fit * scale)
    isClear ??= type !== 'image/jpeg' && hasTransparency(context)
    for (const next of typesFor(type, isClear, types)) {
      if (next === 'image/jpeg' && isClear) paintBehind(canvas, context)
      const made = await write(canvas, next, quality)
      const most = next === 'image/png' && !isClear && types.length > 1 ? Math.min(maxBytes, SMALL_PNG) : maxBytes
      // What a browser can't write, it writes as a PNG.
      if (made.type === next && made.size <= most) return await withoutMetadata(made)
    }
  }
  throw new LoaclError('file_too_large', `A file has at most ${maxBytes} bytes.`)
}

/** In what a picture may be written, the best first. */
function typesFor(type: string, isClear: boolean, types: readonly FileType[]): FileType[] {
  const order: FileType[] = isClear
    ? ['image/webp', 'image/png', 'image/jpeg']
    : ['image/jpeg', 'image/webp', 'image/png']
  const first = order.filter((other) => other === type)
  return [...new Set([...first, ...order])].filter((other) => types.includes(other))
}

function newCanvas(width: number, height: number): { canvas: Canvas; context: Context } {
  const canvas =
    typeof OffscreenCanvas === 'undefined'
      ? Object.assign(document.createElement('canvas'), { width, height })
      : new OffscreenCanvas(width, height)
  return { canvas, context: canvas.getContext('2d') as Context }
}

function draw(bitmap: ImageBitmap, scale: number): { canvas: Canvas; context: Context } {
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)))
  const drawn = newCanvas(width!, height!)
  drawn.context.imageSmoothingQuality = 'high'
  drawn.context.drawImage(bitmap, 0, 0, width!, height!)
  return drawn
}

function paintBehind({ width, height }: Canvas, context: Context): void {
  context.globalCompositeOperation = 'destination-over'
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
}

function hasTransparency(context: Context): boolean {
  const { width, height } = context.canvas
  const { data } = context.getImageData(0, 0, width, height)
  for (let at = 3; at < data.length; at += 4) if (data[at]! < 255) return true
  return false
}

/** Whether what is read from a canvas is what was drawn there, but for the last bits. */
function givesBack(): boolean {
  const { context } = newCanvas(8, 8)
  context.fillStyle = '#204080'
  context.fillRect(0, 0, 8, 8)
  const { data } = context.getImageData(0, 0, 8, 8)
  return data.every((value, at) => Math.abs(value - [0x20, 0x40, 0x80, 0xff][at % 4]!) < 4)
}

const write = async (canvas: Canvas, type: string, quality: number): Promise<Blob> =>
  'convertToBlob' in canvas
    ? await canvas.convertToBlob({ type, quality })
    : await new Promise((resolve, reject) => {
        canvas.toBlob((made) => (made ? resolve(made) : reject(new LoaclError('file_too_large'))), type, quality)
      })
