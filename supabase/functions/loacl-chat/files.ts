import { UUID, type FileLink, type StartedUpload, type UploadRequest } from '@loacl/wire'
import { CodedError } from '../_shared/domain/coded_error.ts'
import { cleanFileName } from '../_shared/domain/files/file_name.ts'
import { readLinkRequest } from '../_shared/domain/files/link_request.ts'
import { receiveFile, type FileDeps } from '../_shared/domain/files/receive_file.ts'
import { readJsonBody } from '../_shared/http/json_body.ts'
import type { RouteContext } from '../_shared/http/router.ts'
import { callerOf, type CallerDeps } from './caller.ts'
import type { WorkerLoad } from './worker_load.ts'

interface FileRouteDeps extends Pick<FileDeps, 'files' | 'storage'>, CallerDeps {
  addressHeader: string
  load: WorkerLoad
}

interface FileContext extends RouteContext {
  deps: FileRouteDeps
}

/** Room for a name of 5,000 characters, whatever they are. */
const MAX_BODY_BYTES = 32_768
const NO_STORE = { headers: { 'cache-control': 'no-store' } }

/** `POST /files`: where the bytes of a new file may be sent. */
export async function beginUpload({ request, deps }: FileContext): Promise<Response> {
  const caller = await callerOf(request, deps)
  const asked = parse(await readJsonBody(request, MAX_BODY_BYTES))
  const origin = request.headers.get('origin')
  const address = request.headers.get(deps.addressHeader)
  const { id, path } = await deps.files.beginUpload({ request: asked, origin, address }, caller)
  const started: StartedUpload = { id, name: asked.name, upload: await deps.storage.createUploadLink(path) }
  return Response.json(started, { status: 201, ...NO_STORE })
}

/** `POST /files/:id/complete`: checks the bytes that have come. */
export async function completeUpload({ request, deps }: FileContext, id: string): Promise<Response> {
  const caller = await callerOf(request, deps)
  const { files, storage, load } = deps
  const leave = load.enter()
  try {
    const hold = (bytes: number) => load.hold(bytes)
    return Response.json(await receiveFile(known(id), caller, { files, storage, hold }), NO_STORE)
  } finally {
    leave()
  }
}

/** `POST /files/:id/link`: where one of the visitor's own can be opened, for a minute. */
export async function linkFile({ request, deps }: FileContext, id: string): Promise<Response> {
  const caller = await callerOf(request, deps)
  const download = readLinkRequest(await readJsonBody(request, MAX_BODY_BYTES, {}))
  const { path, name } = await deps.files.findFile(known(id), caller)
  const link: FileLink = await deps.storage.createLink(path, download ? name : null)
  return Response.json(link, NO_STORE)
}

/** `DELETE /files/:id`: takes one away that was not sent. */
export async function removeFile({ request, deps }: FileContext, id: string): Promise<Response> {
  await deps.files.removeFile(known(id), await callerOf(request, deps))
  return new Response(null, { status: 204, ...NO_STORE })
}

const invalid = (what: string) => new CodedError('invalid_body', what)

function parse(body: unknown): UploadRequest {
  if (typeof body !== 'object' || body === null) throw invalid('The body must be a JSON object.')
  const { assistantId, name, type, size } = body as Record<string, unknown>
  if (typeof assistantId !== 'string' || !UUID.test(assistantId)) throw invalid('"assistantId" must be a UUID.')
  if (typeof name !== 'string') throw invalid('"name" must be a string.')
  if (typeof type !== 'string') throw invalid('"type" must be a media type.')
  if (!Number.isSafeInteger(size) || (size as number) < 1)
    throw invalid('"size" must be the number of its bytes: an empty file is none.')
  return { assistantId, name: cleanFileName(name), type: type.toLowerCase(), size: size as number }
}

function known(id: string): string {
  if (!UUID.test(id)) throw new CodedError('file_not_found', 'There is no such file.')
  return id
}
