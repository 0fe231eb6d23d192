import type { FileType, UploadedFile, UploadRequest } from '@loacl/wire'
import { CodedError } from '../domain/coded_error.ts'
import type { FileStorage, FileStore, FoundFile, StorageLink } from '../domain/files/file_store.ts'
import type { Caller } from '../domain/store.ts'

interface MemoryFile {
  owner: string
  path: string
  request: UploadRequest
  file: UploadedFile | null
}

/** Visitors' files and their bytes, in memory. No limit is checked, and nothing is ever sent. */
export class MemoryFiles implements FileStore, FileStorage {
  readonly uploads = new Map<string, MemoryFile>()
  readonly objects = new Map<string, { bytes: Uint8Array<ArrayBuffer>; mediaType: string }>()
  /** Why Storage is away, while it is. */
  away: CodedError | null = null

  async beginUpload({ request }: { request: UploadRequest }, { sessionToken }: Caller) {
    const [id, path] = [crypto.randomUUID(), `uploads/${crypto.randomUUID()}`]
    this.uploads.set(id, { owner: sessionToken, path, request, file: null })
    return { id, path }
  }

  async findUpload(id: string, caller: Caller) {
    const { path, request, file } = this.#own(id, caller)
    return { path, type: request.type as FileType, size: request.size, file }
  }

  async completeUpload(id: string, caller: Caller, { type, size, width, height }: FoundFile): Promise<UploadedFile> {
    const upload = this.#own(id, caller)
    upload.file ??= { id, name: upload.request.name, type, size, ...(width && height ? { width, height } : {}) }
    return upload.file
  }

  async removeFile(id: string, caller: Caller): Promise<void> {
    this.objects.delete(this.#own(id, caller).path)
    this.uploads.delete(id)
  }

  async findFile(id: string, caller: Caller) {
    const { path, request, file } = this.#own(id, caller)
    if (!file) throw new CodedError('file_not_found', 'There is no such file.')
    return { path, name: request.name }
  }

  createUploadLink = (path: string): Promise<StorageLink> => this.#link(`storage/v1/object/upload/sign/loacl/${path}`)

  createLink = (path: string, downloadName: string | null): Promise<StorageLink> =>
    this.#link(`storage/v1/object/sign/loacl/${path}${downloadName === null ? '' : `?download=${downloadName}`}`)

  async read(path: string, maxBytes: number) {
    if (this.away) throw this.away
    const object = this.objects.get(path)
    return object ? { ...object, bytes: object.bytes.slice(0, maxBytes + 1) } : null
  }

  async #link(url: string): Promise<StorageLink> {
    if (this.away) throw this.away
    return { url, expiresAt: '2026-11-22T08:00:00.000Z' }
  }

  #own(id: string, { sessionToken }: Caller): MemoryFile {
    const upload = this.uploads.get(id)
    if (upload?.owner !== sessionToken) throw new CodedError('file_not_found', 'There is no such file.')
    return upload
  }
}
