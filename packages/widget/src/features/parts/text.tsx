import { h, Markdown, type PartProps } from '../runtime.ts'

/** A text, once marks may stand in it. As the panel shows it: the same component, so that nothing is drawn anew. */
export const viewText = ({ ui, message, place, part }: PartProps<'text'>) => {
  const { status } = message
  const { insert } = ui.markdown
  const marked = ui.features.citations.loaded?.markText(ui, message, place)
  return (
    <Markdown
      source={part.text}
      streaming={status === 'streaming'}
      cut={status !== 'completed'}
      {...ui.markdown}
      {...marked}
      // Marks stand in the text as it was written: pictures come after.
      {...(marked?.insert && insert && { insert: (blocks, read) => insert(marked.insert!(blocks, read), read) })}
    />
  )
}
