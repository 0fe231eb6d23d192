import type { ProjectState } from './project_state.ts'
import { json } from './refusal.ts'
import { readStoragePath, type StoredFile } from './stored_file.ts'

/** Storage's own form of an error: what it means is in the body. */
export const storageError = (statusCode: number, error: string): Response =>
  json({ statusCode: String(statusCode), error, message: error }, 400)

/** Sends the bytes of a file, or gives them, by a signed link, for which no key is needed. */
export async function answerStorage(request: Request, path: string, { files }: ProjectState): Promise<Response> {
  const asked = readStoragePath(path)
  const file = files.get(asked?.id ?? '')
  if (!file || asked!.isUpload !== (request.method === 'PUT')) return storageError(404, 'not_found')
  return asked!.isUpload ? await putFile(request, file) : getFile(request, file)
}

async function putFile(request: Request, file: StoredFile): Promise<Response> {
  const content = new Uint8Array(await request.arrayBuffer())
  if (file.bytes) return storageError(409, 'Duplicate')
  file.bytes = { type: request.headers.get('content-type') ?? '', content }
  return json({ Key: file.path })
}

function getFile(request: Request, file: StoredFile): Response {
  if (!file.bytes) return storageError(404, 'not_found')
  const name = new URL(request.url).searchParams.get('download')
  return new Response(file.bytes.content, {
    headers: {
      'content-type': file.bytes.type,
      ...(name !== null && { 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}` }),
    },
  })
}
