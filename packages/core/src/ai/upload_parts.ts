import { FILE_URL } from '@loacl/wire'
import type { FileUIPart } from 'ai'
import { LoaclError } from '../errors.ts'
import type { FileOfMessage, LoaclClient } from '../types.ts'
import type { ChatMessage } from './ui_message.ts'

/**
 * The files of a message: those that the page has as data URLs are uploaded, and those that are uploaded are taken by their ids.
 *
 * @throws LoaclError `invalid_body` for any other URL, and those of `client.files.upload`
 */
export async function uploadParts(
  client: LoaclClient,
  { parts }: ChatMessage,
  signal: AbortSignal | undefined,
): Promise<FileOfMessage[]> {
  const asked = parts.filter((part) => part.type === 'file').map((part) => toFile(part))
  return await Promise.all(
    asked.map(async (file) =>
      'id' in file ? file : await client.files.upload(file.blob, { name: file.name, signal }),
    ),
  )
}

function toFile({ url, filename, mediaType }: FileUIPart): FileOfMessage | { blob: Blob; name: string | undefined } {
  if (url.startsWith(FILE_URL)) return { id: url.slice(FILE_URL.length), name: filename ?? '', type: mediaType }
  const [, isBase64, data] = /^data:[^,]*?(;base64)?,(.*)$/is.exec(url) ?? []
  // By hand: a page's policy may well forbid a request to a data URL.
  if (data !== undefined) return { blob: new Blob([decode(data, !!isBase64)], { type: mediaType }), name: filename }
  throw new LoaclError('invalid_body', 'A file is sent as a data URL, or as one that was uploaded.')
}

function decode(data: string, isBase64: boolean): Uint8Array<ArrayBuffer> | string {
  try {
    const text = decodeURIComponent(data)
    return isBase64 ? Uint8Array.from(atob(text), (character) => character.charCodeAt(0)) : text
  } catch (cause) {
    throw new LoaclError('invalid_body', 'A data URL is damaged.', { cause })
  }
}
