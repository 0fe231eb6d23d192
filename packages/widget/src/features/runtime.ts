/**
 * All that features may use of the panel. In the script tag's build a feature is a file of its own, to which the panel
 * hands these exports; whatever else it imports is copied into its file.
 */
export {
  type Citation,
  type ErrorCode,
  type LoaclClient,
  type LoaclError,
  type Message,
  type MessagePart,
  type PageContext,
  type Readable,
  type Source,
  type Thread,
  type ThreadSummary,
  type Turn,
} from '@loacl/core'
export { Component, type ComponentChild, h } from 'preact'
export {
  type BareUrl,
  type Block,
  type CodeBarProps,
  type Further,
  type Inline,
  type Insert,
  Markdown,
  type MarkdownProps,
  type MarkdownWords,
  type Node,
  type Read,
  readTarget,
  type References,
  renderInlines,
  type RenderTable,
  type Row,
  sizeOf,
  type Table,
  type Target,
} from '../markdown/index.ts'
export { toLoaclError } from '../model_error.ts'
export type { AskProps } from '../panel/chat.tsx'
export { Alert } from '../panel/alert.tsx'
export { Failure } from '../panel/failure.tsx'
export type { LazyKind, PartPlace, PartProps, PartViews } from '../panel/parts/part_view.tsx'
export type { Language } from '../language.ts'
export type { Attachment, ModelState } from '../model_state.ts'
export type { Model, Said } from '../model_types.ts'
export type { Ui } from '../panel/ui.ts'
export { createStore } from '../store.ts'
export type { OpenedBy } from '../types.ts'
export {
  type AttachmentStrings,
  type ContextStrings,
  fill,
  type Plural,
  type SomeStrings,
  type Strings,
  type ToolWords,
  type Words,
} from '../strings.ts'
