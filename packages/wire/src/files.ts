import type { Timestamp } from './dto.ts'

/** Every media type that an assistant may take; which of them is its owner's choice. */
export const FILE_TYPES = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'application/pdf',
  'text/plain',
  'text/markdown',
  'text/csv',
] as const

export type FileType = (typeof FILE_TYPES)[number]

/** What may be attached to a message. */
export interface FileLimits {
  types: readonly FileType[]
  /** Of one file. */
  maxBytes: number
  /** Of one message. */
  maxFiles: number
}

/**
 * Body of `POST /functions/v1/loacl-chat/files`: what is about to be uploaded. `name` may be anything: control and
 * direction marks, folders and what is longer than 255 characters are taken off.
 */
export interface UploadRequest {
  assistantId: string
  name: string
  type: string
  /** Bytes. */
  size: number
}

/** Its answer. */
export interface StartedUpload {
  /** Of the file, from now on. */
  id: string
  /** As it is kept. */
  name: string
  upload: {
    /**
     * Where the bytes go, below the project's address: `PUT` them there, raw, with `type` as their content type. No key
     * and no other header is needed.
     */
    url: string
    /** When the bytes must have begun to come. */
    expiresAt: Timestamp
  }
}

/** What `POST /files/:id/complete` answers: the file can now be sent with a message. */
export interface UploadedFile {
  id: string
  name: string
  /** As the server found it. */
  type: FileType
  /** Bytes. */
  size: number
  /** Pixels, of an image. */
  width?: number
  height?: number
}

/** Body of `POST /files/:id/link`, to visitors' and to owners' function alike. */
export interface FileLinkRequest {
  /** Whether a browser is to save it under its name, and not to show it. */
  download?: boolean
}

/** Its answer. */
export interface FileLink {
  /** Where the bytes are, below the project's address. */
  url: string
  expiresAt: Timestamp
}

/** What a part's `url` begins with; the file's id follows. */
export const FILE_URL = 'loacl-file:'
