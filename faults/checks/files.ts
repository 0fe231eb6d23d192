import { createHash } from 'node:crypto'
import type { Violation } from '../sequence.ts'
import type { Visitor } from '../visitor.ts'
import type { Check } from './check.ts'
import { timePasses, readFiles, readObject, type StoredFiles } from './stored_files.ts'

const say = (kind: string, details: readonly string[]): Violation[] => details.map((detail) => ({ kind, detail }))
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * A file that was sent is its message's, with the bytes that were uploaded, and can be opened. None that is complete is lost. Of
 * what was refused, removed, left over or erased nothing is in the bucket once the queue has been drained and its links have ended.
 */
export const checkFiles: Check = async ({ visitor, plan, calls }) => {
  if (!plan.ability.settings?.file_types) return []
  const { world } = visitor
  const before = await readFiles(visitor)
  const found = [
    ...checkMessages(visitor, before, plan.ability.name === 'edit-file'),
    ...checkPaths(before),
    ...say(
      'file-untold',
      calls.flatMap(({ untold, toldUsage }) => (toldUsage ? untold : [])),
    ),
    ...(await checkOpening(visitor)),
  ]
  await world.drain()
  // An upload that was on its way: a link is good for two hours, and takes no bytes where some are.
  await Promise.all(visitor.traces.flatMap(({ links }) => [...links].map((link) => uploadLate(visitor, link))))
  await timePasses(visitor)
  await world.drain()
  return [...found, ...(await checkBucket(visitor))]
}

function checkMessages(visitor: Visitor, { files, uploads }: StoredFiles, isEdited: boolean): Violation[] {
  const stored = new Map(files.map((file) => [file.id, file]))
  const sent = visitor.traces.flatMap(({ files: own }) => own.map(({ uploaded }) => uploaded!.id))
  const completed = visitor.files.flatMap(({ uploaded, isTakenOff }) => (uploaded && !isTakenOff ? uploaded.id : []))
  return [
    ...say('file-lost', visitor.hasLeft ? [] : completed.filter((id) => !stored.has(id))),
    ...say(
      'file-unsent',
      visitor.hasLeft ? [] : sent.filter((id) => stored.has(id) && stored.get(id)!.messageId === null),
    ),
    ...say(
      'file-of-no-message',
      files.filter(({ messageId, shownBy }) => messageId !== null && !shownBy.includes(messageId)).map(({ id }) => id),
    ),
    ...say(
      'file-of-two-messages',
      // An edit keeps the files of the message in whose place it stands.
      files
        .filter(({ shownBy }) => shownBy.length > 1 && !isEdited)
        .map(({ id, shownBy }) => `${id}: ${shownBy.join(', ')}`),
    ),
    ...say(
      'file-taken-off-left',
      visitor.files.flatMap(({ uploaded, isTakenOff }) =>
        uploaded && isTakenOff && stored.has(uploaded.id) ? uploaded.id : [],
      ),
    ),
    // The quota of a day is the sum of these.
    ...say(
      'file-uncounted',
      files
        .filter(({ id, size }) => !uploads.some((upload) => upload.id === id && upload.size === size))
        .map(({ id }) => id),
    ),
  ]
}

/** Whatever is in the bucket is somebody's, or will be deleted; and nothing that is somebody's will be. */
function checkPaths({ objects, uploads, queued, inBucket }: StoredFiles): Violation[] {
  const own = new Set(objects.map(({ path }) => path))
  const begun = new Set(uploads.flatMap(({ state, path }) => (state === 'begun' ? path : [])))
  return [
    ...say(
      'bytes-orphaned',
      inBucket.filter((path) => !own.has(path) && !begun.has(path) && !queued.includes(path)),
    ),
    ...say(
      'bytes-doomed',
      queued.filter((path) => own.has(path)),
    ),
    ...say(
      'bytes-lost',
      [...own].filter((path) => !inBucket.includes(path)),
    ),
  ]
}

/** What their visitor opens is what they uploaded. */
async function checkOpening({ tab, files, traces, hasLeft }: Visitor): Promise<Violation[]> {
  if (!tab || hasLeft) return []
  const sent = new Set(traces.flatMap((trace) => trace.files))
  const opened = await Promise.all(
    files
      .filter((file) => sent.has(file))
      .map(async ({ uploaded, bytes, name }) => {
        try {
          const { url } = await tab.client.files.link(uploaded!.id)
          const content = new Uint8Array(await (await fetch(url)).arrayBuffer())
          return hash(content) === hash(bytes) ? [] : `${name}: ${content.length} bytes in place of ${bytes.length}`
        } catch (error) {
          return `${name}: ${String(error)}`
        }
      }),
  )
  return say('file-opens-wrong', opened.flat())
}

const uploadLate = ({ world }: Visitor, link: string): Promise<unknown> =>
  fetch(`${world.stack.apiUrl}${link}`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'late' })

/** Once all is drained, the bucket has what is somebody's, as it was uploaded, and nothing else. */
async function checkBucket(visitor: Visitor): Promise<Violation[]> {
  const { objects, inBucket, queued } = await readFiles(visitor)
  const own = new Map(objects.map(({ path, sha256 }) => [path, sha256]))
  const wrong = await Promise.all(
    objects.map(async ({ path, sha256 }) => (hash(await readObject(visitor, path)) === sha256 ? [] : path)),
  )
  return [
    ...say(
      'bytes-left',
      inBucket.filter((path) => !own.has(path)),
    ),
    ...say('bytes-wrong', wrong.flat()),
    ...say('deletion-left', queued),
  ]
}
