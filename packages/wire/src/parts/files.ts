import type { PartTable } from './part_table.ts'

/** A file that belongs to a message. In a visitor's message it stands before the text. */
export interface FilePart {
  type: 'file'
  /** IANA media type, as the server found it. */
  mediaType: string
  /** Its name on the visitor's device. */
  filename?: string
  /** `loacl-file:<id>`: nothing to load. `POST /files/<id>/link` gives an address, for a minute. */
  url: string
}

export type FileStreamPart = Omit<FilePart, 'filename'>

export const FILES: PartTable<FileStreamPart> = {
  file: [{ mediaType: 'string', url: 'string' }, (message, part) => ({ ...message, parts: [...message.parts, part] })],
}
