import type { FileType, Timestamp, UploadedFile, UploadRequest } from '@loacl/wire'
import type { Caller } from '../store.ts'

interface UploadToBegin {
  request: UploadRequest
  /** The page's origin, `null` where no browser sent one. */
  origin: string | null
  /** The visitor's network address, from the one header that is trusted. */
  address: string | null
}

/** What was found in the bytes. */
export interface FoundFile {
  /** In hexadecimal. */
  sha256: string
  type: FileType
  size: number
  width: number | null
  height: number | null
}

/** Where visitors' files are noted. Every method rejects with a `CodedError`, and trying again is safe everywhere. */
export interface FileStore {
  /** Within the assistant's limits. Makes the session where there is none. */
  beginUpload(upload: UploadToBegin, caller: Caller): Promise<{ id: string; path: string }>
  /** What it was said to be; `file` once it is completed. Rejects with `file_not_found` for another visitor's. */
  findUpload(
    id: string,
    caller: Caller,
  ): Promise<{ path: string; type: FileType; size: number; file: UploadedFile | null }>
  completeUpload(id: string, caller: Caller, found: FoundFile): Promise<UploadedFile>
  /** Takes away an upload, or a file that was not sent. Rejects with `id_conflict` for one that was. */
  removeFile(id: string, caller: Caller): Promise<void>
  findFile(id: string, caller: Caller): Promise<{ path: string; name: string }>
}

/** A link of short life, below the project's address. */
export interface StorageLink {
  url: string
  expiresAt: Timestamp
}

/** The project's Storage, the bucket `loacl`. Rejects with `storage_unavailable`. */
export interface FileStorage {
  /** To which bytes may be sent once, for at most two hours. */
  createUploadLink(path: string): Promise<StorageLink>
  /** @param downloadName under which a browser saves it; `null` where it may show it */
  createLink(path: string, downloadName: string | null): Promise<StorageLink>
  /** `null` where there is nothing. Reads no more than `maxBytes` and one more. */
  read(path: string, maxBytes: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; mediaType: string } | null>
}
