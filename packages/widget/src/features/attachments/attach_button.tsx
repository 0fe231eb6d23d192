import { h, type Ui } from '../runtime.ts'
import { Icon } from './icons.tsx'
import { limitsOf, uploadsOf } from './uploads.ts'
import { hasWords, wordsOf } from './words.ts'

/** Systems know these by their endings better than by their types. */
const ENDINGS: Readonly<Record<string, string[]>> = { 'text/markdown': ['.md', '.markdown'], 'text/csv': ['.csv'] }

const accepted = (types: readonly string[]): string =>
  types.flatMap((type) => [type, ...(ENDINGS[type] ?? [])]).join(',')

/** Lets the visitor choose files; on a phone, or take a picture. */
export function AttachButton({ ui }: { ui: Ui }) {
  const limits = limitsOf(ui.model)
  if (!limits || !hasWords(ui)) return null
  const { attachFiles } = wordsOf(ui)
  return [
    <button
      type="button"
      class="icon attach"
      title={attachFiles}
      aria-label={attachFiles}
      onClick={({ currentTarget }) => (currentTarget.nextElementSibling as HTMLInputElement).click()}
    >
      <Icon name="attach" />
    </button>,
    <input
      type="file"
      hidden
      multiple
      accept={accepted(limits.types)}
      onChange={({ currentTarget }) => {
        uploadsOf(ui).add([...(currentTarget.files ?? [])])
        // The same file may be chosen again.
        currentTarget.value = ''
      }}
    />,
  ]
}
