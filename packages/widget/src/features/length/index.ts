import { fill, type Ui } from '../runtime.ts'
import { ENGLISH } from './english.ts'

export { default as styles } from './length.css?inline'

/** How many characters more the composer takes, in words; below 0, how many are too many. */
export const countCharacters = ({ words, locale }: Ui, left: number): string =>
  fill({ ...ENGLISH, ...words }[left < 0 ? 'charactersOver' : 'charactersLeft'], {
    count: Math.abs(left).toLocaleString(locale),
  })
