import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { findKeys, KEYS_FILE } from './keys.ts'
import { clearStaleLock, clusterHome } from './postgres.ts'

/** The folder holds what is not LOACL's, or keys that can't be read, and is left as it is. */
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

/** Addresses and keys for programs, written once a stack is up. */
export const INFO_FILE = 'stack.json'
/** All that a stack writes, and copies of it that ended in the middle (`….part`). The keys are the mark of LOACL's own folder and go last: an interrupted reset can be repeated. */
const WRITTEN = ['postgres', 'storage', INFO_FILE, 'types.sha256', 'migrations.json', KEYS_FILE]
/** What is somebody else's in a folder without LOACL's keys. */
const PRECIOUS = ['postgres', 'storage', KEYS_FILE]

/** @throws DataFolderError where the folder is somebody else's */
export async function openDataFolder(wanted: string, reset: boolean): Promise<DataFolder> {
  const dir = resolve(wanted)
  const entries = existsSync(dir) ? readdirSync(dir) : []
  const isForeign = reset ? entries.length > 0 : entries.some((name) => PRECIOUS.includes(name))
  if (isForeign) requireOwnKeys(dir, reset)
  const home = await clusterHome(dir)
  mkdirSync(dir, { recursive: true })
  const pgDir = join(home, 'postgres')
  return {
    dir,
    pgDir,
    async clear() {
      await clearStaleLock(pgDir)
      for (const folder of new Set([home, dir])) {
        const names = readdirSync(folder)
        for (const written of WRITTEN)
          for (const name of names.filter((found) => found === written || found.startsWith(`${written}.part`)))
            removeTree(join(folder, name))
      }
    },
  }
}

/** @throws DataFolderError unless the folder has LOACL's keys, or a reset will remove what is broken of them */
function requireOwnKeys(dir: string, reset: boolean): void {
  const found = findKeys(dir)
  if (found.state === 'whole') return
  if (found.state !== 'broken')
    throw new DataFolderError(
      `The folder ${dir} was not made by LOACL; nothing was removed. Choose another one, or empty it yourself.`,
    )
  const wasUp = hasOwnInfo(dir)
  if (reset && wasUp) return
  throw new DataFolderError(
    `The file ${join(dir, KEYS_FILE)} ${found.why}. Nothing was changed. It has the keys of the data beside it: put a copy of it back, or begin with empty data, ${
      wasUp ? 'by npm start -- --reset.' : 'in another folder, by npm start -- --data-dir DIR.'
    }`,
  )
}

/** Whether a stack was up on this folder: what has lost its keys can still be told from somebody else's. */
function hasOwnInfo(dir: string): boolean {
  const file = join(dir, INFO_FILE)
  return existsSync(file) && /"apiUrl": .*"assistantId": .*"ownerPassword": /s.test(readFileSync(file, 'utf8'))
}

/** A folder for data that nobody will miss. */
export async function makeThrowawayFolder(): Promise<{ dir: string; pgDir: string; folders: readonly string[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'loacl-'))
  const pgDir = join(await clusterHome(dir), 'postgres')
  return { dir, pgDir, folders: [dirname(pgDir), dir] }
}

export const removeTree = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 })
