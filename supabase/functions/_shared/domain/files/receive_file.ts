import type { UploadedFile } from '@loacl/wire'
import { CodedError } from '../coded_error.ts'
import type { Caller } from '../store.ts'
import { checkFile } from './check_file.ts'
import type { FileStorage, FileStore, FoundFile } from './file_store.ts'
import { mismatch } from './refusals.ts'

/** What alone may stand behind a type. */
const CHARSET = /\s*;\s*charset="?utf-8"?\s*$/

export interface FileDeps {
  files: FileStore
  storage: FileStorage
  /** Asked before so many bytes are read, and what it returns once they are let go. Throws `busy` where that is too much. */
  hold: (bytes: number) => () => void
}

/**
 * Makes a file of an upload whose bytes have come, once they were checked. Bytes that are refused are taken away. Safe to
 * repeat, and twice at once.
 *
 * @throws CodedError `file_not_found`, `upload_incomplete`, `busy`, and those of `checkFile`
 */
export async function receiveFile(id: string, caller: Caller, deps: FileDeps): Promise<UploadedFile> {
  const { files, storage, hold } = deps
  const upload = await files.findUpload(id, caller)
  if (upload.file) return upload.file
  const letGo = hold(upload.size)
  let found: FoundFile
  try {
    const stored = await storage.read(upload.path, upload.size)
    if (!stored) throw new CodedError('upload_incomplete', 'The file is not there yet. Please send it again.')
    found = await inspect(stored, upload).catch(async (error: unknown) => {
      if (error instanceof CodedError) await files.removeFile(id, caller)
      throw error
    })
  } finally {
    letGo()
  }
  return files.completeUpload(id, caller, found)
}

async function inspect(
  { bytes, mediaType }: { bytes: Uint8Array<ArrayBuffer>; mediaType: string },
  said: Pick<FoundFile, 'type' | 'size'>,
): Promise<FoundFile> {
  if (bytes.length !== said.size) throw mismatch(`it has not ${said.size} bytes`)
  // Storage gives it out under what it was sent with, of which a browser takes the last where it is a list of types.
  if (mediaType.toLowerCase().replace(CHARSET, '') !== said.type) throw mismatch(`it was sent as ${mediaType}`)
  const size = checkFile(bytes, said.type)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return {
    sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''),
    type: said.type,
    size: said.size,
    width: size?.width ?? null,
    height: size?.height ?? null,
  }
}
