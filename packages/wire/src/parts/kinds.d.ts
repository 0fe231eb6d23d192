import { type ControlPart } from './control.ts'
import { type DataPart } from './data.ts'
import type { PartTable } from './part_table.ts'
import { type ReasoningPart, type ReasoningStreamPart } from './reasoning.ts'
import { type SourceDocumentPart } from './source_document.ts'
import { type SourceUrlPart } from './source_url.ts'
import { type TextPart, type TextStreamPart } from './text.ts'
/** Parts of a message, as it is stored and shown: the AI SDK's `UIMessage` parts, the kinds that LOACL has. */
export type MessagePart = TextPart | ReasoningPart | SourceUrlPart | SourceDocumentPart
/**
 * The subset of the AI SDK's UI message stream, version 1, that LOACL writes and reads.
 * Source: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol and `uiMessageChunkSchema` in the `ai` package.
 */
export type StreamPart =
  | ControlPart
  | DataPart
  | TextStreamPart
  | ReasoningStreamPart
  | SourceUrlPart
  | SourceDocumentPart
/** Every stream part that this version knows, by type. */
export declare const PARTS: PartTable<StreamPart>
/** The way back, by kind: the stream parts that fold into this one. */
export declare const STREAMS: {
  readonly [Type in MessagePart['type']]: (
    part: Extract<
      MessagePart,
      {
        type: Type
      }
    >,
    id: string,
  ) => StreamPart[]
}
