import { type Attachment, type ErrorCode, h, type Ui } from '../runtime.ts'
import { FileName } from './file_name.tsx'
import { Icon } from './icons.tsx'
import { fetchFile } from './pictures.ts'
import { Thumbnail } from './thumbnail.tsx'
import type { Uploads } from './uploads.ts'
import { formatSize, named, wordsOf } from './words.ts'

/** What another try does not change: `file_too_large` and its like. */
const isFinal = (code: ErrorCode): boolean => /^files?_(unsup|type|too|mal|has|enc)/.test(code)

const ProgressBar = ({ label, percent }: { label: string; percent: number }) => (
  <svg
    role="progressbar"
    class="progress"
    aria-label={label}
    aria-valuemin={0}
    aria-valuemax={100}
    aria-valuenow={percent}
    viewBox="0 0 100 4"
    preserveAspectRatio="none"
  >
    <path d="M0 2h100" />
    <path d={`M0 2h${percent}`} />
  </svg>
)

interface RowProps {
  ui: Ui
  uploads: Uploads
  attachment: Attachment
}

/** One that is attached: how far it is, or why it failed, and what can be done about it. */
export function AttachmentRow({ ui, uploads, attachment }: RowProps) {
  const words = wordsOf(ui)
  const { name, type, size, id, progress = 0, error } = attachment
  const isUploading = !id && !error
  const file = uploads.fileOf(attachment)
  const label = named(isUploading ? words.cancelUpload : words.removeFile, name)
  return (
    <li class={error ? 'attachment failed' : 'attachment'}>
      <Thumbnail type={type} load={async () => file ?? fetchFile(ui.model.client, id ?? '')} />
      <div>
        <FileName name={name} />
        <div>
          {isUploading && <ProgressBar label={named(words.uploadOf, name)} percent={Math.round(progress * 100)} />}
          <span class="file-state">
            {error
              ? uploads.describe(error)
              : [formatSize(size, ui.locale), isUploading && words.fileUploading].filter(Boolean).join(' · ')}
          </span>
          {error && !isFinal(error.code) && file && (
            <button
              type="button"
              class="link"
              aria-label={named(words.retryUpload, name)}
              onClick={({ currentTarget }) => {
                // This button is gone in a moment.
                currentTarget.closest('li')!.querySelector<HTMLElement>('.icon')!.focus()
                uploads.retry(attachment)
              }}
            >
              {words.tryAgain}
            </button>
          )}
        </div>
      </div>
      <button
        type="button"
        class="icon"
        title={label}
        aria-label={label}
        onClick={({ currentTarget }) => {
          const row = currentTarget.closest('li')!
          const other = row.nextElementSibling ?? row.previousElementSibling
          const next = other?.querySelector<HTMLElement>('.icon') ?? row.closest('dialog')!.querySelector('.attach')
          ;(next as HTMLElement | null)?.focus()
          uploads.remove(attachment)
        }}
      >
        <Icon name="remove" />
      </button>
    </li>
  )
}
