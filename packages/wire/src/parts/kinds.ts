import { CONTROL, type ControlPart } from './control.ts'
import { DATA, type DataPart } from './data.ts'
import type { FilePart } from './files.ts'
import type { PartTable } from './part_table.ts'
import { REASONING, type ReasoningPart, type ReasoningStreamPart } from './reasoning.ts'
import { type SourcePart, SOURCES } from './sources.ts'
import { streamText } from './streamed_text.ts'
import { TEXT, type TextPart, type TextStreamPart } from './text.ts'
import { streamTool, type ToolPart, TOOLS, type ToolStreamPart } from './tools.ts'

/** Parts of a message, as it is stored and shown: the AI SDK's `UIMessage` parts, the kinds that LOACL has. */
export type MessagePart = TextPart | ReasoningPart | SourcePart | ToolPart | FilePart

/**
 * The subset of the AI SDK's UI message stream, version 1, that LOACL writes and reads.
 * Source: https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol and `uiMessageChunkSchema` in the `ai` package.
 */
export type StreamPart = ControlPart | DataPart | TextStreamPart | ReasoningStreamPart | SourcePart | ToolStreamPart

/** Every stream part that this version knows, by type. */
export const PARTS: PartTable<StreamPart> = {
  ...TOOLS,
  ...CONTROL,
  ...DATA,
  ...SOURCES,
  ...TEXT,
  ...REASONING,
}

/** The way back, by kind: the stream parts that fold into this one. */
export const STREAMS: {
  readonly [Type in Exclude<MessagePart, FilePart>['type']]: (
    part: Extract<MessagePart, { type: Type }>,
    id: string,
  ) => StreamPart[]
} = {
  text: streamText,
  reasoning: streamText,
  'source-url': (part) => [part],
  'source-document': (part) => [part],
  'dynamic-tool': streamTool,
}
