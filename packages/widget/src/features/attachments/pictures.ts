import type { LoaclClient } from '../runtime.ts'

/** The longest side of what is drawn, in pixels: at least twice what the styles give it. */
const LONGEST = 512

export const isPicture = (type: string): boolean => type.startsWith('image/')

/**
 * Draws a picture, small. By a canvas, which no Content-Security-Policy keeps from the panel: it may have neither `blob:` nor
 * the project among the sources of images. Rejects where it is none that the browser reads.
 */
export async function drawPicture(canvas: HTMLCanvasElement, picture: Blob): Promise<void> {
  const bitmap = await createImageBitmap(picture)
  const { width, height } = bitmap
  const scale = Math.min(1, LONGEST / Math.max(width, height))
  canvas.width = Math.max(1, width * scale)
  canvas.height = Math.max(1, height * scale)
  const context = canvas.getContext('2d')!
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
}

/** The bytes of one of the visitor's files. */
export async function fetchFile({ files }: LoaclClient, id: string): Promise<Blob> {
  const { url } = await files.link(id)
  const response = await fetch(url)
  if (!response.ok) throw new Error(`Storage answered ${response.status}.`)
  return response.blob()
}
