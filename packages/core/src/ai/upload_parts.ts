import { FILE_URL } from '@loacl/wire'
import type { FileUIPart } from 'ai'
import { LoaclError } from '../errors.ts'
import type { FileOfMessage, LoaclClient } from '../types.ts'
import type { ChatMessage } from './ui_message.ts'

export const filePartsOf = ({ parts }: Pick<ChatMessage, 'parts'>): FileUIPart[] =>
  parts.filter((part) => part.type === 'file')

/** Gives the files of a message. @throws LoaclError */
export type Uploads = (message: ChatMessage, signal: AbortSignal | undefined) => Promise<FileOfMessage[]>

/**
 * Uploads what messages have as data URLs, once for each message: one that is sent again, or is edited, names what was uploaded
 * for it. What the server has already is taken by its id.
 *
 * @throws LoaclError `invalid_body` for any other URL, and those of `client.files.upload`
 */
export function createUploads(client: LoaclClient): Uploads {
  const uploaded = new Map<string, Map<string, FileOfMessage>>()
  return async (message, signal) => {
    const known = uploaded.get(message.id) ?? new Map<string, FileOfMessage>()
    uploaded.set(message.id, known)
    const asked = filePartsOf(message).map((part) => ({ url: part.url, file: known.get(part.url) ?? toFile(part) }))
    return await Promise.all(
      asked.map(async ({ url, file }) => {
        if ('id' in file) return file
        const stored = await client.files.upload(file.blob, { name: file.name, signal })
        known.set(url, stored)
        return stored
      }),
    )
  }
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
