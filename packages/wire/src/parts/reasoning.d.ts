import type { PartTable } from './part_table.ts'
import { type StreamedText } from './streamed_text.ts'
/** How the model came to its answer, in its own words. Markdown. Only where the assistant shows it. */
export interface ReasoningPart {
  type: 'reasoning'
  text: string
}
export type ReasoningStreamPart = StreamedText<'reasoning'>
export declare const REASONING: PartTable<ReasoningStreamPart>
/** Whether a stream part carries reasoning. */
export declare const isReasoning: (part: { type: string }) => part is ReasoningStreamPart
