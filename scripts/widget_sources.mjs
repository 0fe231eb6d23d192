// Whether the widget is built from what its sources are now.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const STAMP = join(root, 'node_modules', '.cache', 'loacl', 'widget-built')

/** Tests, and what a build writes: its output, and the types of `wire` beside their source. */
const NOT_SOURCE = /[\\/](node_modules|dist|dist-size|test)[\\/]|[\\/]wire[\\/]src[\\/].*\.d\.ts$/

/** Names, sizes and times of all files that the widget is built from, as a hash. */
export function widgetSources() {
  const hash = createHash('sha256')
  for (const folder of ['packages/wire/src', 'packages/core/src', 'packages/widget'])
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
      // Node before 20.12 calls it `path`.
      const path = join(entry.parentPath ?? Reflect.get(entry, 'path'), entry.name)
      if (!entry.isFile() || NOT_SOURCE.test(path)) continue
      const { size, mtimeMs } = statSync(path)
      hash.update(`${path} ${size} ${mtimeMs}\n`)
    }
  return hash.digest('hex')
}

export function isWidgetBuilt() {
  const isThere = existsSync(join(root, 'packages', 'widget', 'dist', 'loacl.js')) && existsSync(STAMP)
  return isThere && readFileSync(STAMP, 'utf8') === widgetSources()
}

/** Says that what is there may be half a build. */
export const forgetWidgetBuilt = () => rmSync(STAMP, { force: true })

/**
 * Says that the widget is built.
 * @param {string} sources as they were when the build began
 */
export function noteWidgetBuilt(sources) {
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, sources)
}
