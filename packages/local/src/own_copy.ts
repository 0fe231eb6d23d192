import { chmodSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { PartError } from './parts.ts'

const find = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false })

/**
 * Under `/tmp` anybody can make a folder before this program does, if its name can be predicted, and fill it.
 *
 * @throws PartError unless `path` is a folder of the user `uid` in which nobody else may write
 */
export function requireOwn(path: string, uid: number): void {
  const found = find(path)
  if (found?.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0) return
  throw new PartError(
    'PostgreSQL',
    `Somebody else may write to ${path}, where LOACL keeps programs or data. Remove it.`,
  )
}

/** Whether every file of `from` is in `copy`, in its full length. */
function isWhole(copy: string, from: string): boolean {
  return readdirSync(from, { withFileTypes: true, recursive: true }).every((entry) => {
    const path = join(entry.parentPath, entry.name)
    const copied = find(join(copy, path.slice(from.length)))
    return entry.isDirectory() ? copied?.isDirectory() : copied?.size === find(path)?.size
  })
}

/**
 * Sees to it that a whole copy of `from`, made by the user `uid`, stands at `to`, for everybody to read. It appears in
 * one step: what was interrupted leaves nothing there, and of several who copy at the same time one is first.
 *
 * @throws PartError where what stands there may be somebody else's
 */
export async function keepCopy(from: string, to: string, uid: number): Promise<void> {
  if (find(to)) {
    requireOwn(to, uid)
    if (isWhole(to, from)) return
    // Half of it may be left: systems clear old files from /tmp one by one.
    rmSync(to, { recursive: true, force: true })
  }
  const part = mkdtempSync(`${to}.part-`)
  try {
    await cp(from, part, { recursive: true, verbatimSymlinks: true })
    chmodSync(part, 0o755)
    renameSync(part, to)
  } catch (error) {
    if (!find(to)) throw error
    requireOwn(to, uid)
  } finally {
    rmSync(part, { recursive: true, force: true })
  }
}
