import type { PartTable } from './part_table.ts'
import { type StreamedText, streamedText } from './streamed_text.ts'

/** How the model came to its answer, in its own words. Markdown. Only where the assistant shows it. */
export interface ReasoningPart {
  type: 'reasoning'
  text: string
}

export type ReasoningStreamPart = StreamedText<'reasoning'>

export const REASONING: PartTable<ReasoningStreamPart> = streamedText('reasoning')

/** Whether a stream part carries reasoning. */
export const isReasoning = (part: { type: string }): part is ReasoningStreamPart => Object.hasOwn(REASONING, part.type)
