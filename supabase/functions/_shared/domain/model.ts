import type { CutReason, WireFormat } from '@loacl/wire'
import type { CodedError } from './coded_error.ts'
import type { TokenUsage } from './store.ts'
import type { HostedType } from './tools/tool.ts'

/** What a model is told, oldest first. */
export type InputItem = ReadItem | StoredFile

/** A visitor's file, which is read when the call is made. Images are for the model's eyes, texts are told as they are. */
export interface StoredFile {
  type: 'stored-file'
  name: string
  mediaType: string
  /** Bytes. */
  size: number
  /** In Storage. */
  path: string
}

/** What a provider can be told. `data` is base64. */
export type ReadItem =
  /** `isContext`: what the page said with the question, and not what a person wrote. */
  | { type: 'text'; role: 'user' | 'assistant'; text: string; isContext?: true }
  | { type: 'image'; mediaType: string; data: string }
  | { type: 'file'; name: string; mediaType: string; data: string }
  | ToolCall
  | { type: 'tool-result'; callId: string; output: string }
  /**
   * Output of an earlier step: reasoning, calls of tools. The account that it came from gets it back as it came, any other
   * what is said in it. `from` is a `configId`.
   */
  | { type: 'provider-item'; item: unknown; from: string }

export interface ToolCall {
  type: 'tool-call'
  callId: string
  name: string
  /** JSON, as the model wrote it. */
  arguments: string
}

/** What a model may call: a function, which is called here, or a tool that its provider runs by itself. */
export type OfferedTool =
  | { type: 'function'; name: string; description: string; parameters: Readonly<Record<string, unknown>> }
  | { type: 'hosted'; hostedType: HostedType; options: Readonly<Record<string, unknown>> }

/** The provider runs a tool of its own. `key` tells its calls apart. */
export interface HostedCallEvent {
  type: 'hosted-call'
  key: string
  hostedType: HostedType
  state: 'begun' | 'completed' | 'failed'
}

/** A source that the answer rests on, and where. Nothing of it has been checked. */
export interface ModelCitation {
  type: 'citation'
  /** The text that `start` and `end` count in. */
  key: string
  source: CitedPage | CitedFile
  /** From 0, in `unit`. `null` where the provider names no place. */
  start: unknown
  end: unknown
  /** What the provider counts: characters of Unicode, or units of one of its encodings. */
  unit: 'code-point' | 'utf-16' | 'utf-8'
  /** The passage of the source. */
  quote: string | null
}

interface CitedPage {
  type: 'page'
  url: string
  title: string | null
}

interface CitedFile {
  /** `container-file`: one that the provider's own tool has made. */
  type: 'file' | 'container-file'
  fileId: string
  name: string
  /** What the project knows of it, once it has been asked: an owner's document, or the visitor's own file. */
  known?: KnownFile | undefined
}

/** A file that a model may cite, as visitors may see it. */
export interface KnownFile {
  /** The provider's. */
  fileId: string
  /** Names it within an answer: `document-<id>`, `file-<id>`. */
  sourceId: string
  title: string
  /** Where anybody may read it; `null` where nobody may. */
  url: string | null
}

/** What a model says, piece by piece. `end` is the last one; without it the stream has broken off. */
export type ModelEvent =
  /** A piece of the text, or of the reasoning, that `key` tells apart from others. */
  | { type: 'text-delta' | 'reasoning-delta'; key: string; delta: string }
  /** It is over. `text` is the whole: some providers send no pieces. */
  | { type: 'text-done' | 'reasoning-done'; key: string; text: string }
  | ModelCitation
  | ToolCall
  | HostedCallEvent
  /** A whole piece of output as the provider has it, to be kept for the next step. */
  | { type: 'item'; item: unknown }
  /** The provider has begun to answer, or says more of its response. */
  | { type: 'response'; responseId: string | null; model: string | null; usage: TokenUsage | null }
  | { type: 'end'; end: ModelEnd }

export type ModelEnd =
  | { state: 'completed' }
  | { state: 'cut'; cutReason: CutReason }
  | { state: 'failed'; error: CodedError }

/** Where a call goes, and with which key. */
export interface ModelAccount {
  wireFormat: WireFormat
  /** Of the provider config: tells accounts apart. */
  configId: string
  apiKey: string
  /** `null` for the provider's own address. */
  baseUrl: string | null
}

export interface ModelCall extends ModelAccount {
  model: string
  instructions: string
  input: readonly InputItem[]
  temperature: number | null
  /** How long the model is to think; `null` for its own default. */
  reasoningEffort: string | null
  maxOutputTokens: number
  tools: readonly OfferedTool[]
  /** Most calls of tools that the provider runs. */
  maxHostedCalls: number
  /** Whether a visitor sees the reasoning, so that the provider is asked for it in words. */
  showsReasoning: boolean
  /** Calls with the same key and beginning share the provider's prompt cache. */
  promptCacheKey: string
  /** Tells the provider's abuse detection visitors apart, without saying who they are. At most 128 characters. */
  safetyIdentifier: string
}

/** A call that answers with one JSON document of the given schema (JSON Schema, the provider's strict subset). */
export interface StructuredCall extends ModelCall {
  schema: { name: string; schema: Record<string, unknown> }
}

/**
 * The model provider. Both methods reject with a `CodedError`, and stop the call when the signal is aborted. They read no
 * more than `outputLimits` of the call, whatever the provider sends: there they end it and reject with `TooMuchOutput`.
 */
export interface Model {
  stream(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelEvent>
  generate(call: StructuredCall, signal: AbortSignal): Promise<{ text: string; usage: TokenUsage | null }>
}
