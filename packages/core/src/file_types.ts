import type { UploadedFile } from '@loacl/wire'
import type { Abortable } from './types.ts'

/** A file that the server has checked: it can be sent with a message, once. Sizes are of the file as it is kept. */
export type AttachedFile = UploadedFile

/** A file as a message names it: an `AttachedFile`, or what is known of a message's part, whose `url` ends with its id. */
export type FileOfMessage = Pick<AttachedFile, 'id' | 'name'> & {
  /** IANA media type. */
  type: string
}

export interface UploadOptions extends Abortable {
  /** Default: the name of a `File`, else `file`. */
  name?: string | undefined
  /** Bytes that have left, of those that leave. Called from the first one on; `loaded` never falls but for another try. */
  onProgress?: ((progress: { loaded: number; total: number }) => void) | undefined
}

/** What visitors attach to messages: uploaded first, then sent by `thread.send({ text, files })`. */
export interface Files {
  /**
   * Prepares, uploads, and has the server check one file, within the limits of the assistant: `files` of the state's
   * `assistant`. In a browser a picture is turned upright, made smaller where its long side has more than 2000 pixels, and
   * written anew without EXIF, GPS and XMP; HEIC becomes JPEG where the browser can read it. A GIF leaves as it is. Elsewhere
   * every file leaves as it is.
   *
   * An aborted `signal` takes the file off the server as well.
   *
   * @throws LoaclError `files_unsupported`, `file_type_not_allowed`, `file_too_large`: before any request where the limits say
   * so. `file_malformed`, `file_mismatch`, `file_encrypted`, `file_has_metadata`, `file_quota_exceeded`, `rate_limited`,
   * `upload_incomplete`, `storage_unavailable`, and those of `open`
   *
   * @example
   * const file = await client.files.upload(input.files[0], {
   *   onProgress: ({ loaded, total }) => (bar.value = loaded / total),
   * })
   * thread.send({ text: 'What is wrong with this part?', files: [file] })
   */
  upload(file: Blob, options?: UploadOptions): Promise<AttachedFile>
  /**
   * An address where one of the visitor's own files can be opened or, with `download`, saved: for a minute.
   *
   * @param id of an `AttachedFile`, or what follows `loacl-file:` in the `url` of a message's part
   * @throws LoaclError `file_not_found`, `storage_unavailable`, and those of `open`
   */
  link(
    id: string,
    options?: Abortable & { download?: boolean | undefined },
  ): Promise<{
    /** Absolute. */
    url: string
    /** ISO 8601. */
    expiresAt: string
  }>
  /**
   * Takes away a file that was not sent. Done twice, it is done.
   *
   * @throws LoaclError `id_conflict` for one that was sent, `file_not_found` for another visitor's, and those of `open`
   */
  remove(id: string, options?: Abortable): Promise<void>
}
