import type { KnownFile, Model, ModelEvent } from './model.ts'
import { orAborted } from './retry.ts'

/** How long an answer waits to learn what a file is that it cites. After that it goes by the provider's name for it. */
const LONGEST_WAIT_MS = 1_000
/** Files that are asked for in one answer. */
const MOST_FILES = 50

/**
 * A model whose citations of files say what the project knows of the file. Each file is asked for once; an error is reported
 * and leaves the file unknown.
 *
 * @param find which of these ids of the provider's are known
 */
export function withKnownFiles(
  model: Model,
  find: (fileIds: readonly string[]) => Promise<readonly KnownFile[]>,
  report: (error: unknown) => void,
): Model {
  const asked = new Map<string, Promise<KnownFile | undefined>>()

  async function findOne(fileId: string): Promise<KnownFile | undefined> {
    try {
      const found = await orAborted(find([fileId]), AbortSignal.timeout(LONGEST_WAIT_MS))
      return found?.find((file) => file.fileId === fileId)
    } catch (error) {
      report(error)
      return undefined
    }
  }

  async function withFile(event: ModelEvent): Promise<ModelEvent> {
    if (event.type !== 'citation' || event.source.type === 'page' || event.source.fileId === '') return event
    const { fileId } = event.source
    if (!asked.has(fileId) && asked.size < MOST_FILES) asked.set(fileId, findOne(fileId))
    return { ...event, source: { ...event.source, known: await asked.get(fileId) } }
  }

  return {
    async *stream(call, signal) {
      for await (const event of model.stream(call, signal)) yield await withFile(event)
    },
    generate: (call, signal) => model.generate(call, signal),
  }
}
