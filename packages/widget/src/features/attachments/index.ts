import type { PartViews, Ui } from '../runtime.ts'
import { viewFiles } from './sent_files.tsx'
import { uploadsOf } from './uploads.ts'

export { AttachButton } from './attach_button.tsx'
export { default as styles } from './attachments.css?inline'
export { Attachments } from './attachments.tsx'
export { addWords } from './words.ts'

/** Whether what the composer holds can't be sent yet. */
export const holds = (ui: Ui): boolean => uploadsOf(ui).hold()

export const partViews: PartViews<'file'> = { file: viewFiles }
