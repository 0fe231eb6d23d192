import type { ReadonlySignal } from '@preact/signals-core'
import type { ClientState, LoaclClient, LoaclError, PublicAssistant, ThreadState, Turn } from '@loacl/core'
import type { TabMemory } from './tab_memory.ts'
import type { WidgetEvents } from './types.ts'

export interface ModelOptions {
  client: LoaclClient
  memory: TabMemory
  emit: <K extends keyof WidgetEvents>(type: K, event: WidgetEvents[K]) => void
  /** Puts off what a stream changes to the next frame, so that the panel renders at most once in each. */
  frame?: (run: () => void) => void
  now?: () => number
}

/** What a widget knows and can do, without a word of how it looks. */
export interface Model {
  readonly client: LoaclClient
  /** Tells the page. */
  readonly emit: ModelOptions['emit']
  readonly assistant: ReadonlySignal<PublicAssistant | null>
  readonly session: ReadonlySignal<ClientState>
  readonly talk: ReadonlySignal<ThreadState>
  /** `null` before a thread's first message, `undefined` before there was a choice. */
  readonly threadId: ReadonlySignal<string | null | undefined>
  readonly view: ReadonlySignal<'chat' | 'conversations'>
  /** What keeps the chat from going on, be it a turn, the thread's messages or the session. */
  readonly failure: ReadonlySignal<LoaclError | null>
  /** A thread's messages are on their way. */
  readonly loading: ReadonlySignal<boolean>
  /** The text in the composer. It outlives a reload of the tab. */
  readonly draft: ReadonlySignal<string>
  /** An answer is on its way. */
  readonly busy: ReadonlySignal<boolean>
  /** How many characters more the composer takes; `Infinity` until the assistant is known. */
  readonly charactersLeft: ReadonlySignal<number>
  readonly canSend: ReadonlySignal<boolean>
  /** Opens the session, and brings back the conversation that this tab showed last, or a recent one. Never rejects. */
  start(): Promise<void>
  type(text: string): void
  /** Sends what the composer holds. */
  submit(): void
  send(text: string, suggestionId?: string): Turn
  stop(): void
  /** Tries again what `failure` is about, or the last answer. */
  retry(): void
  select(threadId: string): Promise<void>
  newThread(): void
  loadOlder(): Promise<void>
  showChat(): void
  showConversations(): void
  dispose(): void
}
