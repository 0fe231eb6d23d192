import { renameSync, writeFileSync } from 'node:fs'

/** Writes a file that its owner alone may read, in one step: who is interrupted leaves the old one, and no half of the new. */
export function replaceFile(path: string, text: string): void {
  const part = `${path}.part`
  writeFileSync(part, text, { mode: 0o600, flush: true })
  renameSync(part, path)
}
