import { fill, h, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

interface CountProps {
  ui: Ui
  /** How many characters more the composer takes; below 0, how many are too many. */
  left: number
}

/** How many characters more the composer takes, or how many are too many, in words. */
const countCharacters = ({ words, locale }: Ui, left: number): string =>
  fill({ ...ENGLISH, ...words }[left < 0 ? 'charactersOver' : 'charactersLeft'], {
    count: Math.abs(left).toLocaleString(locale),
  })

export const announceCount = (ui: Ui, left: number): void => ui.announce(countCharacters(ui, left))

/** Describes the composer, by its id. */
export const Count = ({ ui, left }: CountProps) => (
  <div id="count" class={left < 0 ? 'count over' : 'count'}>
    {countCharacters(ui, left)}
  </div>
)
