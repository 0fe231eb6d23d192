import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { hasKeys, KEYS_FILE } from './keys.ts'
import { clearStaleLock, clusterHome } from './postgres.ts'

/** The folder holds what is not LOACL's, and is left as it is. */
export class DataFolderError extends Error {
  override name = 'DataFolderError' as const
}

export interface DataFolder {
  readonly dir: string
  /** Of the cluster: usually in `dir`. */
  readonly pgDir: string
  /**
   * Removes what a stack has written, and nothing else.
   * @throws PartError where a stack runs on this data
   */
  clear(): Promise<void>
}

/** All that a stack writes. The keys are the mark of LOACL's own folder and go last: an interrupted reset can be repeated. */
const WRITTEN = ['postgres', 'storage', 'stack.json', 'types.sha256', 'migrations.json', KEYS_FILE]
/** A copy of the cluster that ended in the middle. */
const LEFT = /^postgres\.part/
/** What is somebody else's in a folder without LOACL's keys. */
const PRECIOUS = ['postgres', 'storage', KEYS_FILE]

/** @throws DataFolderError where the folder is somebody else's */
export async function openDataFolder(wanted: string, reset: boolean): Promise<DataFolder> {
  const dir = resolve(wanted)
  const entries = existsSync(dir) ? readdirSync(dir) : []
  const isForeign = reset ? entries.length > 0 : entries.some((name) => PRECIOUS.includes(name))
  if (isForeign && !hasKeys(dir))
    throw new DataFolderError(
      `The folder ${dir} was not made by LOACL; nothing was removed. Choose another one, or empty it yourself.`,
    )
  const home = await clusterHome(dir)
  mkdirSync(dir, { recursive: true })
  const pgDir = join(home, 'postgres')
  return {
    dir,
    pgDir,
    async clear() {
      await clearStaleLock(pgDir)
      for (const folder of new Set([home, dir]))
        for (const name of [...WRITTEN, ...readdirSync(folder).filter((entry) => LEFT.test(entry))])
          removeTree(join(folder, name))
    },
  }
}

/** A folder for data that nobody will miss. */
export async function makeThrowawayFolder(): Promise<{ dir: string; pgDir: string; folders: readonly string[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'loacl-'))
  const pgDir = join(await clusterHome(dir), 'postgres')
  return { dir, pgDir, folders: [dirname(pgDir), dir] }
}

export const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 })
