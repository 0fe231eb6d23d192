import {
  FILE_TYPES,
  FILE_URL,
  type FileLink,
  type FilePart,
  type FileType,
  type StartedUpload,
  type UploadedFile,
} from '@loacl/wire'
import type { ProjectState } from './project_state.ts'
import { Refusal } from './refusal.ts'
import type { StoredMessage } from './stored_thread.ts'
import type { Caller, Session } from './visitors.ts'

/** A file of a visitor's, from the beginning of its upload. */
export interface StoredFile {
  id: string
  session: Session
  /** Where its bytes are, in the bucket. */
  path: string
  name: string
  type: FileType
  /** Bytes, as it was said. */
  size: number
  state: 'begun' | 'completed' | 'removed'
  bytes: { type: string; content: Uint8Array<ArrayBuffer> } | null
  uploaded: UploadedFile | null
  messageId: string | null
  threadId: string | null
  createdAt: string
}

const STORAGE = 'storage/v1/object/'
const UPLOAD_MS = 7_200_000
const LINK_MS = 60_000

/** Whether it is there, and not only about to be. */
export const isKept = ({ state }: StoredFile): boolean => state === 'completed'

/** What a link of Storage names: a file, to be sent or to be given. */
export const readStoragePath = (path: string): { id: string; isUpload: boolean } | null => {
  const [, upload, id] = /^storage\/v1\/object\/(upload\/)?sign\/loacl\/uploads\/([^/?]+)/.exec(path) ?? []
  return id === undefined ? null : { id, isUpload: upload !== undefined }
}

/** @throws Refusal where the assistant takes no such file */
export function beginFile(
  state: ProjectState,
  caller: Caller,
  { name, type, size }: { name: string; type: string; size: number },
): StartedUpload {
  const { assistant, clock, visitors, files } = state
  const known = visitors.enter(caller)
  if (!assistant.files) throw new Refusal('files_unsupported')
  const { types, maxBytes } = assistant.files
  const found = FILE_TYPES.find((other) => other === type)
  if (!found || !types.includes(found)) throw new Refusal('file_type_not_allowed')
  if (size > maxBytes) throw new Refusal('file_too_large')
  const id = crypto.randomUUID()
  const file: StoredFile = {
    id,
    session: visitors.use(caller, known),
    path: `loacl/uploads/${id}`,
    name: name.split(/[/\\]/).at(-1)!.trim() || 'file',
    type: found,
    size,
    state: 'begun',
    bytes: null,
    uploaded: null,
    messageId: null,
    threadId: null,
    createdAt: clock.now(),
  }
  files.set(id, file)
  const url = `${STORAGE}upload/sign/${file.path}?token=test`
  return { id, name: file.name, upload: { url, expiresAt: clock.later(UPLOAD_MS) } }
}

/** A file of the caller's, or an upload that is on its way. */
export function findFile({ visitors, files }: ProjectState, caller: Caller, id: string): StoredFile {
  visitors.requireToken(caller)
  const file = files.get(id)
  if (!file || !visitors.own(caller).includes(file.session)) throw visitors.notFound(caller, 'file_not_found')
  return file
}

/** By what files of each kind begin with, in characters of a byte each; any other is a text. */
const BEGINNINGS: readonly [type: string, pattern: RegExp][] = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xFF\xD8\xFF/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/gif', /^GIF8/],
  ['application/pdf', /^%PDF-/],
]

/** Of what a project checks, that it is as large as it was said and begins as its type does. */
export function completeFile(file: StoredFile): UploadedFile {
  if (file.state === 'removed') throw new Refusal('file_not_found')
  if (file.uploaded) return file.uploaded
  if (!file.bytes) throw new Refusal('upload_incomplete')
  const { type, content } = file.bytes
  const beginning = String.fromCharCode(...content.subarray(0, 16))
  const found = BEGINNINGS.find(([, pattern]) => pattern.test(beginning))?.[0] ?? 'text'
  const isIt = found === (file.type.startsWith('text/') ? 'text' : file.type)
  if (!isIt || content.length !== file.size || type.replace(/;.*/, '') !== file.type) {
    removeFile(file)
    throw new Refusal('file_mismatch')
  }
  file.state = 'completed'
  file.uploaded = { id: file.id, name: file.name, type: file.type, size: file.size }
  return file.uploaded
}

export function removeFile(file: StoredFile): void {
  if (file.messageId !== null) throw new Refusal('id_conflict')
  Object.assign(file, { state: 'removed', bytes: null })
}

export function linkFile({ clock }: ProjectState, file: StoredFile, download: boolean): FileLink {
  if (file.state !== 'completed') throw new Refusal('file_not_found')
  const saved = download ? `&download=${encodeURIComponent(file.name)}` : ''
  return { url: `${STORAGE}sign/${file.path}?token=test${saved}`, expiresAt: clock.later(LINK_MS) }
}

/** The parts of a message that is sent with these files. @param replaced the message in whose place it is put */
export function filePartsOf(
  state: ProjectState,
  caller: Caller,
  ids: readonly string[],
  replaced: StoredMessage | null,
): FilePart[] {
  const { files: limits } = state.assistant
  const keeps = (id: string) =>
    replaced !== null && replaced.parts.some((part) => 'url' in part && part.url === FILE_URL + id)
  if (ids.length > 0 && !limits && !ids.every(keeps)) throw new Refusal('files_unsupported')
  if (limits && ids.length > limits.maxFiles) throw new Refusal('too_many_files')
  return ids.map((id) => {
    const file = findFile(state, caller, id)
    if (file.state === 'begun') throw new Refusal('upload_incomplete')
    if (file.state === 'removed' || (file.messageId !== null && !keeps(id))) throw new Refusal('file_not_found')
    return { type: 'file', mediaType: file.type, filename: file.name, url: FILE_URL + id }
  })
}
