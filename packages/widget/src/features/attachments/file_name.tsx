import { h } from '../runtime.ts'
import { showName } from './words.ts'

/** A name in its own direction. What doesn't fit is left out before its ending, which says of what kind a file is. */
export function FileName({ name }: { name: string }) {
  const shown = showName(name)
  // No word is cut: it would be read as two, and some scripts join their letters.
  const [, end = ''] = /.{12}(\..{1,8})$/.exec(shown) ?? []
  return (
    <span class="file-name" dir="auto" title={shown}>
      <span>{shown.slice(0, shown.length - end.length)}</span>
      {end && <span>{end}</span>}
    </span>
  )
}
