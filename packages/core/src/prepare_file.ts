import type { FileLimits, FileType } from '@loacl/wire'
import { drawPicture } from './draw_picture.ts'
import { LoaclError } from './errors.ts'
import { typeOf } from './file_kind.ts'
import { isPicture } from './picture_size.ts'

/** A file as it leaves. */
export interface PreparedFile {
  blob: Blob
  name: string
  type: string
}

/** One picture is drawn at a time: each takes its pixels' memory. */
let drawing: Promise<unknown> = Promise.resolve()

/**
 * A file as the assistant takes it.
 *
 * @throws LoaclError `file_type_not_allowed`, `file_too_large`, `file_malformed`
 */
export async function prepareFile(
  file: Blob,
  givenName: string | undefined,
  { types, maxBytes }: FileLimits,
  signal: AbortSignal,
): Promise<PreparedFile> {
  const name = givenName || (file as File).name || 'file'
  const type = await typeOf(file, name).catch((cause: unknown) => {
    throw new LoaclError('file_malformed', 'The file could not be read.', { cause })
  })
  const isAllowed = types.includes(type as FileType)
  const isDrawn = isPicture(type) && typeof createImageBitmap === 'function'
  if (!isAllowed && !(isDrawn && /heic|avif/.test(type)))
    throw new LoaclError('file_type_not_allowed', `This assistant takes ${types.join(', ')}.`)
  if (file.size === 0) throw new LoaclError('file_malformed', 'The file is empty.')
  if (isDrawn) {
    const draw = async () => {
      signal.throwIfAborted()
      return await drawPicture(file, type, { types, maxBytes })
    }
    const turn = drawing.then(draw, draw)
    drawing = turn
    const blob = await turn
    if (blob) return { blob, type: blob.type, name: blob.type === type ? name : withEnding(name, blob.type) }
  }
  if (file.size > maxBytes) throw new LoaclError('file_too_large', `A file has at most ${maxBytes} bytes.`)
  return { blob: file, name, type }
}

const withEnding = (name: string, type: string): string =>
  `${name.replace(/\.[^.]*$/, '')}.${type.slice('image/'.length).replace('jpeg', 'jpg')}`
