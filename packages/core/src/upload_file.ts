import { type StartedUpload, TEXT, type UploadedFile } from '@loacl/wire'
import type { ClientContext } from './client_context.ts'
import { LoaclError } from './errors.ts'
import { ask, pathOf, toAbsolute, whileWanted, withPatience } from './file_requests.ts'
import type { UploadOptions } from './file_types.ts'
import type { ActionTools } from './follow_threads.ts'
import { prepareFile, type PreparedFile } from './prepare_file.ts'
import { putBytes } from './put_bytes.ts'
import type { Opened } from './reduce_session.ts'

export const upload = (
  client: ClientContext,
  _: ActionTools,
  file: Blob,
  options: UploadOptions = {},
): Promise<UploadedFile> =>
  whileWanted(client, options.signal, async (wanted) => {
    await client.open({ signal: wanted })
    const limits = (client.getSnapshot() as Opened).assistant.files
    if (!limits) throw new LoaclError('files_unsupported')
    const prepared = await prepareFile(file, options.name, limits, wanted)
    return (await send(client, prepared, options, wanted)) ?? (await sendAgain(client, prepared, options, wanted))
  })

/** Gives `null` where the link is not taken: it has run out. */
async function send(
  client: ClientContext,
  { blob, name, type }: PreparedFile,
  { signal, onProgress }: UploadOptions,
  wanted: AbortSignal,
): Promise<UploadedFile | null> {
  const { assistant: assistantId } = client
  const request = { assistantId, name, type, size: blob.size }
  const started = await ask<StartedUpload>(client, '', request, { id: TEXT, upload: { url: TEXT } }, wanted, false)
  const path = pathOf(started.id)
  const put = () => putBytes(toAbsolute(client, started.upload.url), { blob, type, onProgress }, client.options, wanted)
  try {
    if (!(await withPatience(put, wanted, true))) return null
    return await ask<UploadedFile>(client, `${path}/complete`, {}, { id: TEXT, type: TEXT }, wanted, true)
  } catch (error) {
    // Where this fails, the server takes it away by itself.
    if (signal?.aborted) ask(client, path, null, {}, client.lifetime(), true).catch(() => {})
    throw error
  }
}

async function sendAgain(...args: Parameters<typeof send>): Promise<UploadedFile> {
  const file = await send(...args)
  if (!file) throw new LoaclError('storage_unavailable')
  return file
}
