import type { PartTable } from './part_table.ts'
import { type StreamedText } from './streamed_text.ts'
/** What is said. In an answer it is Markdown, each part a document of its own. */
export interface TextPart {
  type: 'text'
  text: string
}
export type TextStreamPart = StreamedText<'text'>
export declare const TEXT: PartTable<TextStreamPart>
