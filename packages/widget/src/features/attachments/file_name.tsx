import { h } from '../runtime.ts'
import { showName } from './words.ts'

/** How much of a name's end is in sight, however long it is: what says of what kind a file is. */
const END = 8

/** A name in its own direction. What doesn't fit is left out before its end. */
export function FileName({ name }: { name: string }) {
  const shown = showName(name)
  const characters = [...shown]
  const end = characters.length > 2 * END ? characters.slice(-END).join('') : ''
  return (
    <span class="file-name" dir="auto" title={shown}>
      <span>{shown.slice(0, shown.length - end.length)}</span>
      {end && <span>{end}</span>}
    </span>
  )
}
