import type { Uploads } from './uploads.ts'
import { limitsOf } from './uploads.ts'
import { wordsOf } from './words.ts'

const listening = new WeakSet<Element>()

/**
 * Takes files that are dropped on the panel or pasted in it, once for each panel. What comes with text is the text's: a word
 * processor gives a picture of what was copied as well. The page hears nothing of what is taken.
 */
export function listenToPanel(panel: HTMLElement, uploads: Uploads): void {
  if (listening.has(panel)) return
  listening.add(panel)
  const show = (isOver: boolean) => {
    panel.dataset.drop = wordsOf(uploads.ui).dropFiles
    panel.classList.toggle('dropping', isOver)
  }
  const take = (event: Event, files: FileList) => {
    event.preventDefault()
    event.stopPropagation()
    uploads.ui.model.showChat()
    uploads.add([...files])
  }
  for (const type of ['dragenter', 'dragover'] as const)
    panel.addEventListener(type, (event) => {
      const { dataTransfer } = event
      if (!dataTransfer?.types.includes('Files') || !limitsOf(uploads.ui.model)) return
      event.preventDefault()
      event.stopPropagation()
      dataTransfer.dropEffect = 'copy'
      show(true)
    })
  panel.addEventListener('dragleave', ({ relatedTarget }) => {
    if (!panel.contains(relatedTarget as Node | null)) show(false)
  })
  panel.addEventListener('drop', (event) => {
    show(false)
    const { files } = event.dataTransfer!
    if (files.length > 0 && limitsOf(uploads.ui.model)) take(event, files)
  })
  panel.addEventListener('paste', (event) => {
    const { clipboardData: given, target } = event
    if (!given?.files.length || given.getData('text/plain') || !limitsOf(uploads.ui.model)) return
    // Another message is edited there.
    if (!(target as Element).closest('.edit')) take(event, given.files)
  })
}
