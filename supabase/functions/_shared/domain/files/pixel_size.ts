import { CodedError } from '../coded_error.ts'
import { malformed } from './refusals.ts'

/** Of a picture, as its header says. */
export interface PixelSize {
  width: number
  height: number
}

const MAX_PIXELS = 40_000_000
const MAX_SIDE = 16_384

/** A small file may say that it is a huge picture, and whoever opens it makes room for that. */
export function checkPixels({ width, height }: PixelSize): void {
  if (width === 0 || height === 0) throw malformed('it has no pixels')
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS)
    throw new CodedError('file_too_large', `A picture has at most ${MAX_SIDE} pixels a side and 40 million in all.`)
}
