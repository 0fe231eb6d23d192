import { h, Markdown, type MessagePart, type PartPlace, type PartProps } from '../runtime.ts'
import { ENGLISH } from './english.ts'
import { runAt } from '../run.ts'

type ReasoningPart = PartProps<'reasoning'>['part']

const isReasoning = (part: MessagePart): part is ReasoningPart => part.type === 'reasoning'

/** How the model came to its answer, closed at first. Parts that follow one another are one disclosure. */
export function viewReasoning({ ui, message, place }: PartPlace) {
  const run = runAt(message, place, isReasoning)
  if (!run) return null
  const words = { ...ENGLISH, ...ui.words }
  const streaming = message.status === 'streaming'
  const ongoing = streaming && place + run.length === message.parts.length
  return (
    <details class="reasoning" part="reasoning">
      <summary>{ongoing ? words.reasoningOngoing : words.reasoning}</summary>
      {run.map(({ text }) => (
        <Markdown source={text} streaming={streaming} cut={message.status !== 'completed'} {...ui.markdown} />
      ))}
    </details>
  )
}
